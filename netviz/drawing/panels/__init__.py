"""Panels: the parts of a picture, one file each."""

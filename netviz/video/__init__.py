"""Pixels and sound become files."""

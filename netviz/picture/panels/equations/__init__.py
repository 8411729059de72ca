"""Equations beside the network: what stands in a line, how lines become pages, and the panel that shows them."""

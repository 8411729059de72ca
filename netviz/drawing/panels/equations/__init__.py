"""Equations beside the network: terms, passes, typesetting, and the panel that shows them."""

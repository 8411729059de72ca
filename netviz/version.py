"""Version of netviz."""

__version__ = "0.1.0"

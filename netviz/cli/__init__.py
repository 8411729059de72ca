"""Command line: the only package that prints, shows progress or exits."""

from netviz.cli.main import main

__all__ = ["main"]

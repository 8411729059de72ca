"""The command line: the only room that prints, shows progress or exits."""

from netviz.cli.main import main

__all__ = ["main"]

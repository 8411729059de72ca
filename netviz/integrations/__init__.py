"""Integrations: recorders for models of frameworks. Each has a file of its own, and only that imports the framework."""

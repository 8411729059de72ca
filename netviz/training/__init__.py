"""Training: the built-in trainer, and the recording it makes. Import from the modules: this one loads nothing."""

"""Training: the built-in trainer, which writes recordings. Import from the modules: this one loads nothing."""

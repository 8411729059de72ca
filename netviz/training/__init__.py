"""The built-in trainer, and the recording it leaves. Import from the modules: this one loads nothing."""

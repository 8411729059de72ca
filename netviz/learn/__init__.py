"""How a network learns, and the recording that leaves behind. Import from the modules: this one loads nothing."""

"""Scene files: from YAML text to a typed, frozen Scene, or to a list of all mistakes."""

"""A scene file's text becomes a typed, frozen Scene, or a list of all its mistakes."""

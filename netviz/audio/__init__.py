"""Music read, its beats found, and sound composed from a run."""

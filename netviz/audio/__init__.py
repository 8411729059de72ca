"""Audio: music files read and measured, beats tracked in them, and sound composed from a training run."""

"""What happened in a training run, and how a film tells it."""

"""Training run as data: network, kept moments, examples, curves; its file."""

"""A Frame becomes pixels, with matplotlib."""

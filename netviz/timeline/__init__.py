"""The state of any frame of a film, from its plan and a recording."""

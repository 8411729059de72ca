"""Timeline: the state of any frame of a film, from its plan and a recording."""

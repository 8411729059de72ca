"""Drawing: pixels of any Frame, with matplotlib."""

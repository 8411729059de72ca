"""Story: events found in a training run, and the captions that report them in a film."""

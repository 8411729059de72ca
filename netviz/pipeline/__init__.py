"""Scene or recording to film: prepared once, then drawn and encoded by workers."""

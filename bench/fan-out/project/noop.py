"""Does nothing: what a pipeline system adds to a step is all that is left to measure."""

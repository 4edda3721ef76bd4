"""What trainer and server share, so that a flight is read the same way on both sides."""

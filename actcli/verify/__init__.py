"""Finding out how right and how fast an implementation is, ours and others'."""

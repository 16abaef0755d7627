"""One picture for many viewers, coded once."""

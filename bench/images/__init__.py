"""Start the images that `make images` built as a cluster would, and say what they weigh. See ``__main__``."""

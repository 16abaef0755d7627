"""Light from all around: from a picture to what shaders look up."""

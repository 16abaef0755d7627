"""How a scene is laid out to be drawn fast: merged, moved, culled. Pure numpy, no GL."""

"""Pictures all around: checked, cut into a pyramid of tiles once, and which tiles a view needs. No GL."""

"""What a node tells Prometheus of itself."""

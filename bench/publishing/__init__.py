"""What publishing moves and how long it takes, from a pipeline to the picture on an edge."""

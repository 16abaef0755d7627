"""The showrooms that a node has loaded: their editions and scenes, and what of them is on the GPU."""

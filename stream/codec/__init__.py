"""From a frame to a coded picture."""

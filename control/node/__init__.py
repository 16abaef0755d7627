"""An edge node: the composition root that joins drawing, streaming and visits, and its HTTP face."""

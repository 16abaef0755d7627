"""What the HTTP faces of a node and of a gateway have in common: the viewer's page, bounded bodies, errors for people.

Knows nothing of drawing, streaming or Kubernetes.
"""

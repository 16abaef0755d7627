"""What gateways and renderers say to each other: signed passes, and a renderer's state as it changes.

Below both of them; it knows nothing of drawing, streaming or Kubernetes.
"""

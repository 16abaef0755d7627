"""What a release is, on the wire and on disk: digests, manifests, signatures, orders, and the caches that hold them.

Knows nothing of drawing or streaming: the cloud admin, edge nodes and the command line share it.
"""

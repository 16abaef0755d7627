"""What can go wrong with a cluster.

KubeError
 +-- ClusterError  the cluster did not do what was asked; the message says what to look at
"""

from __future__ import annotations


class KubeError(Exception):
    """Base of the errors of this package."""


class ClusterError(KubeError):
    """The cluster refused, or could not be asked."""

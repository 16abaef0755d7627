"""What can go wrong with a cluster.

KubeError
 +-- ClusterError  the cluster did not do what was asked; the message says what to look at
      +-- ApiUnreachable  the API server did not answer, or broke off
      +-- ApiRefused      it said no; ``status`` is that of HTTP
"""

from __future__ import annotations


class KubeError(Exception):
    """Base of the errors of this package."""


class ClusterError(KubeError):
    """The cluster refused, or could not be asked."""


class ApiUnreachable(ClusterError):
    """See the module."""


class ApiRefused(ClusterError):
    """See the module."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    @property
    def expired(self) -> bool:
        """What was asked for is too old to be told: everything has to be listed again."""
        return self.status == 410

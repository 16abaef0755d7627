"""What can go wrong with the cluster of tests and benches.

ClusterBenchError
 +-- AssetsMissing    the control plane's programs are not on this machine; the message says how to get them
 +-- ProgramFailed    one of them did not start, or ended; the message has its last lines
 +-- RequestRefused   the API server said no; ``status`` is that of HTTP
 +-- WaitedInVain     what was waited for did not come; the message says what was there instead
"""

from __future__ import annotations


class ClusterBenchError(Exception):
    """Base of the errors of this package."""


class AssetsMissing(ClusterBenchError):
    """See the module."""


class ProgramFailed(ClusterBenchError):
    """See the module."""


class RequestRefused(ClusterBenchError):
    """See the module."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class WaitedInVain(ClusterBenchError):
    """See the module."""

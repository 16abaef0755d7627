"""What can go wrong while a site is followed. Messages are for the operator; what is shown stays in each case.

SyncError
 +-- FolderUnusable      the content folder can't be used: the node can't start with it
 |    +-- FolderInUse    another process has it
 +-- NoRoom              the disk or the budget would not hold what is ordered; said before anything is fetched
 +-- WrongBytes          what came is not what its digest says; it was thrown away
 +-- OrderRefused        an order is for another site, or older than the one that is known
 +-- ReleaseRefused      a release is not the one that was ordered
 +-- ApiError
      +-- Unreachable    the admin does not answer; what came so far is kept
      +-- Refused        it answers with an error
      +-- Nonsense       it answers with something that its API does not have
"""

from __future__ import annotations

from control.errors import ControlError


class SyncError(ControlError):
    """Base of what is raised on purpose where a site is followed."""


class FolderUnusable(SyncError):
    """The message says what is wrong with the folder and what to change."""


class FolderInUse(FolderUnusable):
    """Each process needs a content folder of its own."""


class NoRoom(SyncError):
    """The message has the figures."""


class WrongBytes(SyncError):
    """Bytes that have another digest or size than they should."""


class OrderRefused(SyncError):
    """A signed order that must not be followed."""


class ReleaseRefused(SyncError):
    """A signed release that is not what was ordered."""


class ApiError(SyncError):
    """Base of what can go wrong with a request to the admin."""


class Unreachable(ApiError):
    """No connection, one that broke, or no answer in time."""


class Refused(ApiError):
    """The admin's answer is an error; ``status`` is its HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status

    @property
    def passes(self) -> bool:
        """Whether it is not about what was asked for, but about the admin, its load, or the token."""
        return self.status in (401, 403, 408, 429) or self.status >= 500


class Nonsense(ApiError):
    """Whoever answers is no admin of this version."""

"""What can go wrong with the admin, for who works with it from the command line. No message ever has the token.

ClientError
 +-- BadAddress     the admin's address is none
 +-- Unreachable    no connection, one that broke, or no answer in time
 +-- Refused        it answers with an error
 +-- Nonsense       whoever answers is no admin of this version
 +-- Rejected       what was uploaded can't be published, or can't be shown
 +-- TookTooLong    what was waited for did not happen in time
"""

from __future__ import annotations

from control.errors import ControlError


class ClientError(ControlError):
    """Base of what is raised on purpose."""


class BadAddress(ClientError):
    """The message says what an address looks like."""


class Unreachable(ClientError):
    """``sent``: whether the request may have been done all the same."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class Refused(ClientError):
    """``status`` is that of HTTP, ``code`` the admin's word for it; ``retry_after_s`` where it says when to come
    again."""

    def __init__(self, message: str, status: int, code: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s


class Nonsense(ClientError):
    """The message says what was answered."""


class Rejected(ClientError):
    """The message says why."""


class TookTooLong(ClientError):
    """It goes on without the command; the message says what was waited for."""

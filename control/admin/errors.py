"""What can go wrong in the admin. Each has a code for machines and a message for people; ``http_errors`` answers so.

AdminError
 +-- BadRequest     the request can't be understood
 +-- NotSignedIn    no session, no token, or an ended one
 |    +-- SessionEnded   there was a session
 +-- NotAllowed     the account's role does not allow it, or four eyes are wanted
 +-- NotFound       there is nothing of that name
 +-- Conflict       it can't be done in this state, or somebody was quicker
 +-- TooLarge       more bytes than are taken
 +-- Refused        the content is not what it should be
 +-- TooManyTries   wait before trying again
 +-- Unavailable    the database or the blob store does not answer
"""

from __future__ import annotations

from typing import ClassVar

from control.errors import ControlError


class AdminError(ControlError):
    """Base of all that the admin answers with an error on purpose."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "failed"

    def __init__(self, message: str, *, text: str | None = None, **values: object) -> None:
        """``message`` is English. Where people in pages may see it, ``text`` names what to say in ``pages/texts``, in
        both languages, with ``values`` in it."""
        super().__init__(message)
        self.text = text
        self.values = values


class BadRequest(AdminError):
    """The message says which field is wrong."""

    status, code = 400, "bad-request"


class NotSignedIn(AdminError):
    """Who asks is not known."""

    status, code = 401, "not-signed-in"


class SessionEnded(NotSignedIn):
    """The browser had a session, which has ended."""

    code = "session-ended"


class NotAllowed(AdminError):
    """Who asks may not do this."""

    status, code = 403, "not-allowed"


class NotFound(AdminError):
    """There is nothing of that name."""

    status, code = 404, "not-found"


class Conflict(AdminError):
    """Not in this state."""

    status, code = 409, "conflict"


class TooLarge(AdminError):
    """More than is taken; the message has the limit."""

    status, code = 413, "too-large"


class Refused(AdminError):
    """The content is refused; the message says what is wrong where."""

    status, code = 422, "refused"


class TooManyTries(AdminError):
    """Wait ``retry_after_s``, then try again."""

    status, code = 429, "too-many-tries"

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message, text="error.too-many-tries", seconds=retry_after_s)
        self.retry_after_s = retry_after_s


class Unavailable(AdminError):
    """A part that is needed does not answer."""

    status, code = 503, "unavailable"

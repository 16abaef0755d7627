"""What can go wrong with single sign-on."""

from __future__ import annotations

from control.admin.errors import NotSignedIn, Unavailable


class IssuerUnavailable(Unavailable):
    """The issuer does not answer, or not as the standard says."""

    def __init__(self, message: str) -> None:
        super().__init__(f"single sign-on: {message}", text="error.issuer")


class SignOnRefused(NotSignedIn):
    """The issuer, or what is checked of its answer, says no. The message is for logs; people are told less."""

    def __init__(self, message: str) -> None:
        super().__init__(f"single sign-on was refused: {message}", text="error.sign-on")

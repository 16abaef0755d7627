"""What can go wrong between gateways, renderers and those who want in.

FleetError
 +-- TokenRefused  a signed text is not ours, is for somebody else, or is too old; ``code`` says which
"""

from __future__ import annotations

from typing import Literal

RefusalCode = Literal["bad-token", "expired-token", "wrong-audience", "used-token"]


class FleetError(Exception):
    """Base of the errors of this package."""


class TokenRefused(FleetError):
    """A signed text can't be used; the message tells people why, ``code`` tells programs."""

    def __init__(self, code: RefusalCode, message: str) -> None:
        super().__init__(message)
        self.code: RefusalCode = code

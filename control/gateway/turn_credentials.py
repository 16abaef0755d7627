"""Credentials for a TURN server that are good for a while, by the scheme of coturn's ``use-auth-secret``. Pure.

The user name says until when it is good and who it was made for, the password is its HMAC under a secret that the
gateway and the TURN server share (draft-uberti-behave-turn-rest). So nothing has to be kept or told between the two.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TurnCredentials:
    """What a browser sends to the TURN server."""

    username: str
    credential: str


def turn_credentials(secret: str, visitor: str, lifetime_s: float, now_s: float) -> TurnCredentials:
    """Good for allocations that are made within ``lifetime_s`` of now. Seconds of the Unix epoch. coturn checks them
    again whenever an allocation is refreshed, so that it has to outlast the visit."""
    username = f"{int(now_s + lifetime_s)}:{visitor}"
    # SHA-1 is what the scheme has; as a MAC under a secret key it is sound.
    mac = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return TurnCredentials(username, base64.b64encode(mac).decode())

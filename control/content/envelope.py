"""The wire form of what is signed: DSSE (Dead Simple Signing Envelope, v1), which keeps the very bytes signed.

Signing and checking are in ``control.content.signing``.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Final

from pydantic import Field

from control.content.names import Record

PAYLOAD_TYPE: Final = "application/vnd.edge-render+json"
PAYLOAD_MAX_BYTES: Final = 12 * 1024 * 1024
"""A release of the most files with the longest names takes 11.3 MB."""


class Signature(Record):
    """By one key; ``sig`` is base64 of the 64 bytes of Ed25519."""

    keyid: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    sig: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{86}==$")]


class Envelope(Record):
    """Something signed. ``payload`` is base64 of the bytes that the signatures cover."""

    payloadType: Annotated[str, Field(pattern=r"^application/vnd\.edge-render\+json$")] = PAYLOAD_TYPE  # noqa: N815
    payload: Annotated[str, Field(max_length=PAYLOAD_MAX_BYTES * 4 // 3 + 4)]
    signatures: Annotated[tuple[Signature, ...], Field(min_length=1, max_length=16)]

    def payload_bytes(self) -> bytes:
        """What was signed. Raises ValueError where it is no base64."""
        try:
            return base64.b64decode(self.payload, validate=True)
        except binascii.Error as error:
            raise ValueError("payload: is no base64") from error

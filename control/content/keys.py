"""Ed25519 keys (RFC 8032): how they are named, written down, made and read."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import ValidationError

from control.content.errors import KeyRefused
from control.content.release import TrustedKey

KEY_TEXT_PREFIX: Final = "ed25519:"
"""Before a public key's base64, where it is written down for people: ``ed25519:BASE64``."""


def trusted_key(public_key: bytes) -> TrustedKey:
    """The record of a public key of 32 bytes, with the name that it has everywhere."""
    name = hashlib.sha256(public_key).hexdigest()[:16]
    return TrustedKey(key_id=name, public_key=base64.b64encode(public_key).decode())


def key_text(key: TrustedKey) -> str:
    """As an edge's options take it: ``ed25519:BASE64``."""
    return f"{KEY_TEXT_PREFIX}{key.public_key}"


def parse_key_text(text: str) -> TrustedKey:
    """The key of ``ed25519:BASE64``. Raises KeyRefused."""
    told = text.strip()
    try:
        raw = base64.b64decode(told.removeprefix(KEY_TEXT_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not told.startswith(KEY_TEXT_PREFIX) or len(raw) != 32:
        raise KeyRefused(f"{told[:80]!r} is no key: it must be {KEY_TEXT_PREFIX} and 44 characters of base64")
    try:
        return trusted_key(raw)
    except ValidationError as error:
        raise KeyRefused(f"{told[:80]!r} is no key: {error}") from error


def signature_fits(key: TrustedKey, signature: bytes, signed: bytes) -> bool:
    """Whether the key's private half has signed these bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(key.public_key)).verify(signature, signed)
    except (InvalidSignature, ValueError):
        # ValueError: 32 bytes that are no point of the curve.
        return False
    return True


class PrivateKey:
    """The half of a key that signs. Never shown: not in its repr either."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = trusted_key(key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> PrivateKey:
        """A new one, from the system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, pem: bytes) -> PrivateKey:
        """Of a PEM file (PKCS 8, RFC 5958) without a password. Raises KeyRefused."""
        try:
            key = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            # TypeError: it has a password.
            raise KeyRefused("is no private key in PEM without a password") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyRefused("is a private key, but not of Ed25519")
        return cls(key)

    def to_pem(self) -> bytes:
        """As from_pem takes it. Keep it where nobody else can read it."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, data: bytes) -> bytes:
        """The signature, 64 bytes."""
        return self._key.sign(data)

    def __repr__(self) -> str:
        return f"PrivateKey({self.public.key_id})"

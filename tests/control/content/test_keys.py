"""How keys are written down and read."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from control.content.errors import KeyRefused
from control.content.keys import PrivateKey, key_text, parse_key_text, signature_fits, trusted_key
from control.content.release import TrustedKey


def test_a_public_key_is_one_line_of_text() -> None:
    key = PrivateKey.generate().public
    assert key_text(key).startswith("ed25519:")
    assert parse_key_text(f" {key_text(key)}\n") == key


@given(st.text(max_size=80) | st.text(max_size=80).map("ed25519:{}".format))
def test_a_text_that_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(KeyRefused, match="is no key"):
        parse_key_text(text)


def test_a_key_can_t_bear_another_key_s_name() -> None:
    one, other = PrivateKey.generate().public, PrivateKey.generate().public
    with pytest.raises(ValidationError, match="key_id is not that of the public key"):
        TrustedKey(key_id=one.key_id, public_key=other.public_key)


def test_a_private_key_is_kept_as_pem_and_shown_nowhere() -> None:
    key = PrivateKey.generate()
    again = PrivateKey.from_pem(key.to_pem())
    assert again.public == key.public
    assert signature_fits(key.public, again.sign(b"data"), b"data")
    assert repr(key) == f"PrivateKey({key.public.key_id})"


def test_what_is_no_private_key_of_ed25519_is_refused() -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    for pem, told in [
        (b"", "is no private key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "is no private key"),
        (curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), "not of Ed25519"),
        (
            Ed25519PrivateKey.generate().private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
            ),
            "without a password",
        ),
    ]:
        with pytest.raises(KeyRefused, match=told):
            PrivateKey.from_pem(pem)


def test_32_bytes_that_are_no_point_of_the_curve_have_signed_nothing() -> None:
    assert not signature_fits(trusted_key(b"\xff" * 32), b"\x00" * 64, b"data")

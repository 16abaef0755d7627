"""Signs records and checks what was signed, as DSSE v1 does (secure-systems-lab/dsse, protocol.md)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from typing import TypeVar

from pydantic import ValidationError

from control.content.envelope import PAYLOAD_MAX_BYTES, PAYLOAD_TYPE, Envelope, Signature
from control.content.errors import Forged, Malformed, UnknownKey
from control.content.keys import PrivateKey, signature_fits
from control.content.release import KeyRing, ReleaseManifest, SiteOrder, TrustedKey

ENVELOPE_MAX_BYTES = PAYLOAD_MAX_BYTES * 4 // 3 + 8192
Signed = TypeVar("Signed", ReleaseManifest, SiteOrder, KeyRing)


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """The bytes that signatures cover (PAE): what it is and how long it is, too."""
    named = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(named), named, len(payload), payload)


def sign(record: ReleaseManifest | SiteOrder | KeyRing, *keys: PrivateKey) -> Envelope:
    """The record as JSON, signed by each of the keys."""
    return _signed(record.model_dump_json().encode(), keys)


def sign_again(envelope: Envelope, *keys: PrivateKey) -> Envelope:
    """The very same payload, under other signatures: its digest stays. Raises Malformed. Verify it first."""
    return _signed(_payload(envelope), keys)


def _signed(payload: bytes, keys: Iterable[PrivateKey]) -> Envelope:
    covered = pre_authentication_encoding(PAYLOAD_TYPE, payload)
    return Envelope(
        payload=base64.b64encode(payload).decode(),
        signatures=tuple(
            Signature(keyid=key.public.key_id, sig=base64.b64encode(key.sign(covered)).decode()) for key in keys
        ),
    )


def read_envelope(data: bytes | str) -> Envelope:
    """An envelope as it was sent or kept. Raises Malformed."""
    if len(data) > ENVELOPE_MAX_BYTES:
        raise Malformed(f"has {len(data)} bytes, more than an envelope ever has")
    try:
        return Envelope.model_validate_json(data)
    except ValidationError as error:
        raise Malformed(f"is no signed envelope: {_first(error)}") from error


def payload_digest(envelope: Envelope) -> str:
    """SHA-256 of the bytes that were signed: of a release's envelope, the release's digest. Raises Malformed."""
    return hashlib.sha256(_payload(envelope)).hexdigest()


def verify(envelope: Envelope, trusted: Iterable[TrustedKey], model: type[Signed]) -> Signed:
    """What was signed, where at least one trusted key has signed it and it is of the kind that is wanted.

    Nothing of the payload is read before a signature fits. Raises UnknownKey, Forged or Malformed.
    """
    payload = _payload(envelope)
    covered = pre_authentication_encoding(envelope.payloadType, payload)
    keys = {key.key_id: key for key in trusted}
    claimed = [signature for signature in envelope.signatures if signature.keyid in keys]
    if not claimed:
        names = ", ".join(signature.keyid for signature in envelope.signatures)
        raise UnknownKey(f"is signed by {names}, which is not trusted here; trusted: {', '.join(keys) or 'none'}")
    if not any(signature_fits(keys[item.keyid], base64.b64decode(item.sig), covered) for item in claimed):
        raise Forged(f"bears the name of the key {claimed[0].keyid}, but was not signed by it, or was changed since")
    try:
        record = model.model_validate_json(payload)
    except ValidationError as error:
        raise Malformed(f"is signed, but is no {_kind(model)}: {_first(error)}") from error
    if not {"kind", "format"} <= record.model_fields_set:
        # They have defaults, for who makes a record; what is signed must say what it is.
        raise Malformed(f"is signed, but does not say that it is {_kind(model)}, and of which format")
    return record


def _payload(envelope: Envelope) -> bytes:
    try:
        return envelope.payload_bytes()
    except ValueError as error:
        raise Malformed(str(error)) from error


def _kind(model: type[ReleaseManifest | SiteOrder | KeyRing]) -> str:
    return str(model.model_fields["kind"].default)


def _first(error: ValidationError) -> str:
    item = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in item["loc"])
    return f"{place}: {item['msg']}" if place else item["msg"]

"""What is signed is believed only as it was signed, by whom is trusted, and as what it is."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.content.envelope import PAYLOAD_TYPE, Envelope, Signature
from control.content.errors import Forged, Malformed, SignatureRefused, UnknownKey
from control.content.keys import PrivateKey
from control.content.names import PATH_MAX_CHARS, Title
from control.content.release import FILES_MAX, FileEntry, KeyRing, ReleaseManifest, SiteOrder
from control.content.signing import (
    payload_digest,
    pre_authentication_encoding,
    read_envelope,
    sign,
    verify,
)

KEY = PrivateKey.generate()
OTHER = PrivateKey.generate()
ORDER = SiteOrder(site="lounge-1", serial=7, issued_at=1000.5)
RELEASE = ReleaseManifest(
    showroom="branch",
    version=3,
    title=Title(en="Branch", zh="网点"),
    created_at=5.0,
    files=(FileEntry(path="showroom.json", digest="0" * 64, size_bytes=2),),
)


def signed_bytes(payload: bytes, key: PrivateKey = KEY) -> Envelope:
    """Any bytes, signed as ``sign`` does with records."""
    signature = key.sign(pre_authentication_encoding(PAYLOAD_TYPE, payload))
    return Envelope(
        payload=base64.b64encode(payload).decode(),
        signatures=(Signature(keyid=key.public.key_id, sig=base64.b64encode(signature).decode()),),
    )


def test_what_is_covered_is_encoded_as_in_the_example_of_the_protocol() -> None:
    encoded = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world")
    assert encoded == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


@pytest.mark.parametrize("record", [ORDER, RELEASE, KeyRing(serial=1, issued_at=0.0, keys=(KEY.public,))])
def test_what_a_trusted_key_signed_comes_back_as_it_was(record: SiteOrder | ReleaseManifest | KeyRing) -> None:
    sent = sign(record, KEY).model_dump_json()
    assert verify(read_envelope(sent), [OTHER.public, KEY.public], type(record)) == record


def test_one_trusted_signature_of_several_is_enough() -> None:
    assert verify(sign(ORDER, OTHER, KEY), [KEY.public], SiteOrder) == ORDER


def test_a_release_is_named_by_the_bytes_that_were_signed() -> None:
    assert payload_digest(sign(RELEASE, KEY)) == payload_digest(sign(RELEASE, OTHER))
    assert payload_digest(sign(RELEASE, KEY)) != payload_digest(sign(ORDER, KEY))


def test_nobody_trusted_has_signed_it() -> None:
    with pytest.raises(UnknownKey, match=f"signed by {OTHER.public.key_id}, which is not trusted"):
        verify(sign(ORDER, OTHER), [KEY.public], SiteOrder)
    with pytest.raises(UnknownKey, match="trusted: none"):
        verify(sign(ORDER, OTHER), [], SiteOrder)


def test_another_key_s_signature_in_a_trusted_name_is_forged() -> None:
    envelope = sign(ORDER, OTHER)
    renamed = envelope.signatures[0].model_copy(update={"keyid": KEY.public.key_id})
    with pytest.raises(Forged, match=KEY.public.key_id):
        verify(envelope.model_copy(update={"signatures": (renamed,)}), [KEY.public], SiteOrder)


def test_a_changed_payload_is_forged() -> None:
    changed = sign(ORDER.model_copy(update={"serial": 8}), KEY).payload
    with pytest.raises(Forged):
        verify(sign(ORDER, KEY).model_copy(update={"payload": changed}), [KEY.public], SiteOrder)


def test_a_thing_of_one_kind_is_not_taken_for_another() -> None:
    with pytest.raises(Malformed, match=r"no edge-render\.release"):
        verify(sign(ORDER, KEY), [KEY.public], ReleaseManifest)


@pytest.mark.parametrize("left_out", ["kind", "format"])
def test_what_does_not_say_what_it_is_is_not_believed(left_out: str) -> None:
    payload = ORDER.model_dump_json(exclude={left_out}).encode()
    with pytest.raises(Malformed, match="does not say that it is"):
        verify(signed_bytes(payload), [KEY.public], SiteOrder)


@pytest.mark.parametrize("payload", [b"", b"null", b"{", b"\xff\xfe", b"[" * 100_000])
def test_signed_nonsense_is_told(payload: bytes) -> None:
    with pytest.raises(Malformed):
        verify(signed_bytes(payload), [KEY.public], SiteOrder)


def test_another_type_of_payload_is_no_envelope_of_ours() -> None:
    sent = sign(ORDER, KEY).model_dump_json().replace(PAYLOAD_TYPE, "application/vnd.in-toto+json")
    with pytest.raises(Malformed, match="payloadType"):
        read_envelope(sent)


def test_the_largest_release_fits_an_envelope() -> None:
    folders = f"{chr(0x1F600) * 61}/" * 4
    paths = [f"{folders}{n:04}"[:PATH_MAX_CHARS] for n in range(FILES_MAX)]
    files = tuple(FileEntry(path=path, digest="0" * 64, size_bytes=2**46) for path in paths)
    largest = RELEASE.model_copy(update={"files": files})
    sent = sign(largest, KEY).model_dump_json()
    assert verify(read_envelope(sent), [KEY.public], ReleaseManifest) == largest


@given(st.binary(max_size=300) | st.text(max_size=300, alphabet=st.characters()))
def test_anything_that_is_no_envelope_is_malformed(data: bytes | str) -> None:
    with pytest.raises(Malformed):
        read_envelope(data)


@given(st.data())
def test_no_change_of_a_byte_is_believed_as_something_else(data: st.DataObject) -> None:
    sent = bytearray(sign(ORDER, KEY).model_dump_json().encode())
    place = data.draw(st.integers(0, len(sent) - 1))
    sent[place] ^= data.draw(st.integers(1, 255))
    try:
        record = verify(read_envelope(bytes(sent)), [KEY.public], SiteOrder)
    except SignatureRefused:
        return
    assert record == ORDER

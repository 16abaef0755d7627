"""What is signed: a release's manifest, what a site is to show, and which keys may sign.

Each is sent as the payload of an ``Envelope`` (``control.content.envelope``); its ``kind`` is in the signed bytes, so
that a signed thing of one kind is never taken for one of another.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from control.content.names import (
    Digest,
    Record,
    ReleasePath,
    Serial,
    SizeBytes,
    Slug,
    Title,
    UnixSeconds,
    VersionNumber,
    check_paths_differ,
)

FILES_MAX: Final = 10_000
MANIFEST_PATH: Final = "showroom.json"
"""Of a package's manifest, in it."""


class FileEntry(Record):
    """One file of a package: where it is in it, and which blob it is."""

    path: ReleasePath
    digest: Digest
    size_bytes: SizeBytes


class FileList(Record):
    """The files of a package. Paths differ, also where a file system ignores case; none is inside another."""

    files: Annotated[tuple[FileEntry, ...], Field(min_length=1, max_length=FILES_MAX)]

    @model_validator(mode="after")
    def _paths_differ(self) -> FileList:
        check_paths_differ(entry.path for entry in self.files)
        return self

    @property
    def size_bytes(self) -> int:
        """Of all files; one that is there twice counts twice."""
        return sum(entry.size_bytes for entry in self.files)

    def blobs(self) -> dict[str, int]:
        """The size of each blob that the files are made of, by digest."""
        return {entry.digest: entry.size_bytes for entry in self.files}


class ReleaseManifest(FileList):
    """A version of a showroom that may be shown. Its digest is that of its payload's bytes."""

    kind: Literal["edge-render.release"] = "edge-render.release"
    format: Literal[1] = 1
    showroom: Slug
    version: VersionNumber
    title: Title
    created_at: UnixSeconds


class OrderedRelease(Record):
    """A showroom as a site is to show it. ``release`` is the digest of the release's payload."""

    showroom: Slug
    version: VersionNumber
    release: Digest


class SiteOrder(Record):
    """All that a site is to show now; the first showroom is the one that a visitor without a choice enters."""

    kind: Literal["edge-render.order"] = "edge-render.order"
    format: Literal[1] = 1
    site: Slug
    serial: Serial
    issued_at: UnixSeconds
    showrooms: Annotated[tuple[OrderedRelease, ...], Field(max_length=64)] = ()

    @model_validator(mode="after")
    def _showrooms_differ(self) -> SiteOrder:
        if len({item.showroom for item in self.showrooms}) != len(self.showrooms):
            raise ValueError("a showroom is ordered twice")
        return self


class TrustedKey(Record):
    """An Ed25519 public key (RFC 8032) in base64. ``key_id``: the first 16 hexadecimal digits of its SHA-256."""

    key_id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    public_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$")]

    @model_validator(mode="after")
    def _is_named_by_itself(self) -> TrustedKey:
        if hashlib.sha256(base64.b64decode(self.public_key)).hexdigest()[:16] != self.key_id:
            raise ValueError("key_id is not that of the public key")
        return self


class KeyRing(Record):
    """The keys that an edge trusts from now on; believed where a key that it trusts already has signed it."""

    kind: Literal["edge-render.keyring"] = "edge-render.keyring"
    format: Literal[1] = 1
    serial: Serial
    issued_at: UnixSeconds
    keys: Annotated[tuple[TrustedKey, ...], Field(min_length=1, max_length=16)]

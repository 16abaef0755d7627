"""What whoever is killed must keep all the same."""

from __future__ import annotations

import hashlib
from pathlib import Path


class Broken(Exception):
    """A promise was broken; the message says which."""


def check_blobs(content_folder: Path) -> None:
    """Those that count as fetched are whole. Raises Broken."""
    for blob in (content_folder / "blobs").glob("*/*"):
        if hashlib.sha256(blob.read_bytes()).hexdigest() != blob.name:
            raise Broken(f"a blob has other bytes than it should: {blob.name}")

"""Packages of a few kilobytes, as an editor would upload them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from control.admin.access.actor import Actor
from control.admin.publishing.drafts import Drafts
from control.admin.storage.blob_store import BlobStore
from control.admin.tables import Blob, Version
from control.content.release import FileEntry, FileList
from tests.edge_render.gltf.gltf_files import GltfFile

TEXT = {"en": "Branch", "zh": "网点"}
GIB = 2**30


def manifest(**scenes: Any) -> bytes:
    """A showroom.json with these scenes; one of a triangle without any."""
    scenes = scenes or {"hall": hall()}
    return json.dumps({"format": 1, "title": TEXT, "entryScene": next(iter(scenes)), "scenes": scenes}).encode()


def hall(**more: Any) -> dict[str, Any]:
    """A scene of hall.glb."""
    return {
        "type": "model",
        "model": "hall.glb",
        "entryPoses": [{"name": "door", "position": [0, 1.6, 1]}],
        "walkable": {"min": [-3, -3], "max": [3, 3]},
        **more,
    }


def triangle() -> bytes:
    """A model."""
    file = GltfFile()
    file.show(file.triangle(), name="house")
    return file.glb()


def small_package(**more: bytes) -> dict[str, bytes]:
    """By path; keywords with __ for dots are further files."""
    named = {name.replace("__", "."): data for name, data in more.items()}
    return {"showroom.json": manifest(), "hall.glb": triangle(), **named}


def on_disk(folder: Path, package: dict[str, bytes]) -> None:
    """As a version's files are laid out."""
    for path, data in package.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def upload(session: Session, blobs: BlobStore, package: dict[str, bytes]) -> FileList:
    """Have its blobs in the store."""
    for data in package.values():
        session.merge(Blob(digest=blobs.put_bytes(data), size_bytes=len(data), stored_at=0.0))
    session.flush()
    return FileList(
        files=tuple(
            FileEntry(path=path, digest=hashlib.sha256(data).hexdigest(), size_bytes=len(data))
            for path, data in package.items()
        )
    )


def draft_of(session: Session, blobs: BlobStore, editor: Actor, showroom: str, package: dict[str, bytes]) -> Version:
    """A draft that lacks nothing."""
    return Drafts(GIB).create(session, editor, 2.0, showroom, upload(session, blobs, package))

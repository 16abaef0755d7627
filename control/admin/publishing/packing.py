"""Drafts of what is not a list of blobs yet: a text that was edited, an uploaded archive."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Final

from control.admin.access.actor import Actor, Role
from control.admin.database import Database
from control.admin.errors import NotFound, Refused, TooLarge, TooManyTries, Unavailable
from control.admin.publishing.drafts import MANIFEST_MAX_BYTES, Drafts
from control.admin.publishing.work_folders import work_folder
from control.admin.storage.blob_records import store_bytes, store_files
from control.admin.storage.blob_store import BlobStore
from control.admin.tables import Blob, Version
from control.content.archive import unpack
from control.content.archive_plan import ArchiveLimits
from control.content.errors import ArchiveRefused, NoRoom
from control.content.names import EdgeClass, Slug
from control.content.release import MANIFEST_PATH, FileEntry

_RETRY_AFTER_S: Final = 10


class Packing:
    """Brings the blobs into the store before any version is made of them. All methods block."""

    def __init__(
        self, database: Database, blobs: BlobStore, drafts: Drafts, work_folder: Path, package_max_bytes: int
    ) -> None:
        self._database, self._blobs, self._drafts, self._work_folder = database, blobs, drafts, work_folder
        self._limits = ArchiveLimits(package_max_bytes)
        self._unpacking = threading.Lock()

    def replace_manifest(self, actor: Actor, now: float, version_id: int, revision: int, text: bytes) -> Version:
        """Have this text as its showroom.json. Raises Refused where it is no JSON object; whether it is a showroom is
        said by validation. Else raises as Drafts.replace_file does."""
        actor.need(Role.EDITOR)
        if len(text) > MANIFEST_MAX_BYTES:
            raise TooLarge(f"{MANIFEST_PATH} has at most {MANIFEST_MAX_BYTES} bytes")
        _check_object(text)
        digest = store_bytes(self._database, self._blobs, text, now)
        entry = FileEntry(path=MANIFEST_PATH, digest=digest, size_bytes=len(text))
        with self._database.session() as session:
            return self._drafts.replace_file(session, actor, now, version_id, revision, entry)

    def from_archive(
        self, actor: Actor, now: float, showroom: Slug, digest: str, note: str, edge_class: EdgeClass
    ) -> Version:
        """Make a draft of the package in a zip that was uploaded as a blob; one at a time. Raises NotFound, Refused for
        what is wrong with the archive, TooManyTries while another is unpacked, Unavailable where the disk is full."""
        actor.need(Role.EDITOR)
        if not self._unpacking.acquire(blocking=False):
            raise TooManyTries("another archive is being unpacked; try again in a moment", _RETRY_AFTER_S)
        try:
            with work_folder(self._work_folder, "unpack-") as folder:
                return self._unpacked(actor, now, showroom, digest, note, edge_class, folder)
        except ArchiveRefused as error:
            raise Refused(str(error)) from error
        except NoRoom as error:
            raise Unavailable(str(error)) from error
        except OSError as error:
            raise Unavailable(f"the archive can't be unpacked on the admin's disk: {error.strerror}") from error
        finally:
            self._unpacking.release()

    def _unpacked(
        self, actor: Actor, now: float, showroom: Slug, digest: str, note: str, edge_class: EdgeClass, work: Path
    ) -> Version:
        with self._database.reading() as session:
            if session.get(Blob, digest) is None:
                raise NotFound("the archive was not uploaded: upload it as a blob first")
        archive = work / "archive.zip"
        with archive.open("wb") as file:
            file.writelines(self._blobs.read(digest))
        files = unpack(archive, work / "package", self._limits)
        archive.unlink()
        paths = {entry.digest: work / "package" / entry.path for entry in files.files}
        store_files(self._database, self._blobs, paths, now)
        with self._database.session() as session:
            return self._drafts.create(session, actor, now, showroom, files, note=note, edge_class=edge_class)


def _check_object(text: bytes) -> None:
    try:
        tree = json.loads(text.decode())
    except UnicodeDecodeError as error:
        raise Refused(f"{MANIFEST_PATH}: is not UTF-8: byte {error.start}") from error
    except RecursionError as error:
        raise Refused(f"{MANIFEST_PATH}: is nested too deep") from error
    except ValueError as error:
        raise Refused(f"{MANIFEST_PATH}: is no JSON: {error}") from error
    if not isinstance(tree, dict):
        raise Refused(f"{MANIFEST_PATH}: must be a JSON object")

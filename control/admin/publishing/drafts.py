"""Drafts: versions on their way. Each change of the files makes a new revision, which wants a new validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from control.admin import audit
from control.admin.access.actor import Actor, Role
from control.admin.errors import Conflict, Refused, TooLarge
from control.admin.publishing.showrooms import find_showroom
from control.admin.publishing.version_state import Step, VersionState
from control.admin.publishing.versions import files_of, find_version, subject_of, take_step
from control.admin.storage.blob_records import some_at_a_time
from control.admin.tables import Blob, Version, VersionFile, VersionPicture
from control.content.names import EdgeClass, Slug
from control.content.release import MANIFEST_PATH, FileEntry, FileList

MANIFEST_MAX_BYTES: Final = 4 * 2**20
"""As the loader reads."""


class Drafts:
    """Makes and changes drafts. ``package_max_bytes`` bounds all files of one together."""

    def __init__(self, package_max_bytes: int) -> None:
        self._package_max_bytes = package_max_bytes

    def create(
        self,
        session: Session,
        actor: Actor,
        now: float,
        showroom: Slug,
        files: FileList,
        *,
        note: str = "",
        edge_class: EdgeClass = "software",
    ) -> Version:
        """Make a draft of these files, whose blobs may still be missing. Raises NotFound, Refused or TooLarge."""
        actor.need(Role.EDITOR)
        self._check(session, files)
        owner = find_showroom(session, showroom)
        owner.last_number += 1
        version = Version(
            showroom=showroom,
            number=owner.last_number,
            state=VersionState.DRAFT,
            revision=1,
            note=note,
            created_by=actor.account_id,
            edited_by=actor.account_id,
            editors=[actor.account_id],
            created_at=now,
            changed_at=now,
            edge_class=edge_class,
        )
        session.add(version)
        session.flush()
        _put_files(session, version, files)
        detail = {"files": len(files.files), "size_bytes": files.size_bytes, "edge_class": edge_class, "note": note}
        audit.append(session, now, actor.audit_name, "version.create", subject_of(version), detail)
        return version

    def copy(
        self, session: Session, actor: Actor, now: float, showroom: Slug, version_id: int, *, note: str = ""
    ) -> Version:
        """Make a draft of the files of another version, of this showroom or another. Who had a hand in that one has it
        in this one too, unless others have published it. Raises NotFound."""
        actor.need(Role.EDITOR)
        source = find_version(session, version_id)
        files = FileList.model_construct(files=files_of(session, source))
        edge_class: EdgeClass = source.edge_class  # type: ignore[assignment]
        note = note or f"from {source.showroom}/{source.number}"
        made = self.create(session, actor, now, showroom, files, note=note, edge_class=edge_class)
        if source.state not in (VersionState.PUBLISHED, VersionState.RETIRED):
            made.editors = sorted({*source.editors, actor.account_id})
        return made

    def replace_files(
        self, session: Session, actor: Actor, now: float, version_id: int, revision: int, files: FileList
    ) -> Version:
        """Have it made of these files from now on. Raises NotFound, Refused, TooLarge, and Conflict where ``revision``
        is not the newest or it is published."""
        version = self._to_edit(session, actor, version_id, revision)
        self._check(session, files)
        session.execute(delete(VersionFile).where(VersionFile.version_id == version.id))
        _put_files(session, version, files)
        detail = {"files": len(files.files), "size_bytes": files.size_bytes}
        _changed(session, actor, now, version, "version.replace-files", detail)
        return version

    def replace_file(
        self, session: Session, actor: Actor, now: float, version_id: int, revision: int, entry: FileEntry
    ) -> Version:
        """Put one file in place of that of the same path. Raises as ``replace_files`` does."""
        version = self._to_edit(session, actor, version_id, revision)
        others = [file for file in files_of(session, version) if file.path != entry.path]
        self._check(session, _file_list([*others, entry]))
        session.execute(delete(VersionFile).where(VersionFile.version_id == version.id, VersionFile.path == entry.path))
        session.add(VersionFile(version_id=version.id, **entry.model_dump()))
        _changed(session, actor, now, version, "version.replace-file", {"path": entry.path, "digest": entry.digest})
        return version

    def set_target(
        self, session: Session, actor: Actor, now: float, version_id: int, revision: int, edge_class: EdgeClass
    ) -> Version:
        """Mean it for another class of edges, whose budgets it is validated against. Raises NotFound or Conflict."""
        version = self._to_edit(session, actor, version_id, revision)
        version.edge_class = edge_class
        _changed(session, actor, now, version, "version.set-target", {"edge_class": edge_class})
        return version

    def delete(self, session: Session, actor: Actor, now: float, version_id: int) -> None:
        """Throw away what was never published; its blobs go when nothing else is made of them. Raises NotFound or
        Conflict."""
        actor.need(Role.EDITOR)
        version = find_version(session, version_id)
        take_step(version, Step.DELETE, now)
        audit.append(session, now, actor.audit_name, "version.delete", subject_of(version))
        session.delete(version)
        session.flush()

    def _to_edit(self, session: Session, actor: Actor, version_id: int, revision: int) -> Version:
        actor.need(Role.EDITOR)
        version = find_version(session, version_id)
        if version.revision != revision:
            raise Conflict(
                f"somebody changed it meanwhile: it is at revision {version.revision}, and you changed {revision}"
            )
        return version

    def _check(self, session: Session, files: FileList) -> None:
        """Raises Refused or TooLarge where no draft can be made of these files."""
        if all(entry.path != MANIFEST_PATH for entry in files.files):
            raise Refused(f"a package has a file {MANIFEST_PATH} at its top; this one has none")
        if files.size_bytes > self._package_max_bytes:
            raise TooLarge(
                f"the files have {files.size_bytes} bytes together; at most {self._package_max_bytes} are taken"
            )
        sizes: dict[str, int] = {}
        for entry in files.files:
            if sizes.setdefault(entry.digest, entry.size_bytes) != entry.size_bytes:
                raise Refused(f"{entry.path}: two files are of one blob, but not of one size")
        for digest, size_bytes in _stored_sizes(session, list(sizes)).items():
            if sizes[digest] != size_bytes:
                path = next(entry.path for entry in files.files if entry.digest == digest)
                raise Refused(f"{path}: is said to have {sizes[digest]} bytes, but its blob has {size_bytes}")


def _stored_sizes(session: Session, digests: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in some_at_a_time(digests):
        rows = session.execute(select(Blob.digest, Blob.size_bytes).where(Blob.digest.in_(some)))
        found.update((digest, size_bytes) for digest, size_bytes in rows)
    return found


def _file_list(entries: list[FileEntry]) -> FileList:
    """Raises Refused where the paths don't go together."""
    try:
        return FileList(files=tuple(entries))
    except ValidationError as error:
        raise Refused(error.errors()[0]["msg"]) from error


def _put_files(session: Session, version: Version, files: FileList) -> None:
    rows = [{"version_id": version.id, **entry.model_dump()} for entry in files.files]
    session.execute(insert(VersionFile), rows)


def _changed(
    session: Session, actor: Actor, now: float, version: Version, action: str, detail: Mapping[str, object]
) -> None:
    """What follows from each change: what was found out about it is of the past, and the audit log tells of it."""
    take_step(version, Step.EDIT, now)
    version.revision += 1
    version.edited_by = actor.account_id
    version.editors = sorted({*version.editors, actor.account_id})
    version.report = None
    session.execute(delete(VersionPicture).where(VersionPicture.version_id == version.id))
    told = {"revision": version.revision, **detail}
    audit.append(session, now, actor.audit_name, action, subject_of(version), told)

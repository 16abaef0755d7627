"""Has versions validated: a queue that is the database's rows in the state ``validating``, so that whatever was under
way when the admin died is done again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from control.admin import audit
from control.admin.access.actor import SYSTEM, Actor, Role
from control.admin.database import Database
from control.admin.errors import AdminError, Conflict, Unavailable
from control.admin.publishing.child_process import EDGE_RENDER, Limits
from control.admin.publishing.validation_run import PACKAGE, PICTURE_TYPE, Validated, failed, validate_folder
from control.admin.publishing.version_state import Step, VersionState
from control.admin.publishing.versions import files_of, find_version, missing_digests, subject_of, take_step
from control.admin.publishing.work_folders import work_folder_beside
from control.admin.sites.change_bell import ChangeBell
from control.admin.storage.blob_store import BlobStore
from control.admin.tables import Version, VersionPicture
from control.content.names import EdgeClass
from control.content.release import FileEntry

log = structlog.get_logger(__name__)

LOOK_AGAIN_S: Final = 30.0
"""For what another replica began, and could not finish as it is gone."""
RETRY_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Job:
    """A revision to validate."""

    version_id: int
    revision: int
    edge_class: EdgeClass
    subject: str
    files: tuple[FileEntry, ...]

    @property
    def key(self) -> tuple[int, int]:
        return self.version_id, self.revision


class Validations:
    """Asks for validations, and runs them: see ``run``."""

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        work_folder: Path,
        limits: Limits,
        wall_s: float,
        at_a_time: int,
        now: Callable[[], float] = time.time,
        command: tuple[str, ...] = EDGE_RENDER,
    ) -> None:
        """``work_folder`` takes the files of those under way; ``wall_s``: most seconds of each."""
        self._database, self._blobs, self._work_folder = database, blobs, work_folder
        self._limits, self._wall_s, self._at_a_time, self._now = limits, wall_s, at_a_time, now
        self._command = command
        self._bell = ChangeBell()
        self._running: dict[tuple[int, int], asyncio.Task[None]] = {}

    def ask(self, session: Session, actor: Actor, now: float, version_id: int) -> Version:
        """Have it validated, soon. Raises NotFound, and Conflict where blobs of it are missing, or in this state."""
        actor.need(Role.EDITOR)
        version = find_version(session, version_id)
        missing = missing_digests(session, version)
        if missing:
            raise Conflict(f"{len(missing)} of its blobs are not uploaded yet, the first is {missing[0]}")
        take_step(version, Step.VALIDATE, now)
        detail = {"revision": version.revision, "edge_class": version.edge_class}
        audit.append(session, now, actor.audit_name, "version.ask-validation", subject_of(version), detail)
        self._bell.ring_after(session)
        return version

    @property
    def under_way(self) -> int:
        """How many are being validated now."""
        return len(self._running)

    async def run(self) -> None:
        """Until it is cancelled; then all that is under way ends, and will be begun again."""
        with self._bell:
            async with asyncio.TaskGroup() as group:
                while True:
                    await self._bell.heard(await self._begin(group))

    async def _begin(self, group: asyncio.TaskGroup) -> float:
        """Begin what can be; returns in how many seconds to look again at the latest."""
        try:
            for key in await asyncio.to_thread(self._outdated, frozenset(self._running)):
                self._running[key].cancel()
            while len(self._running) < self._at_a_time:
                job = await asyncio.to_thread(self._next, frozenset(self._running))
                if job is None:
                    break
                name = f"validate-{job.version_id}-{job.revision}"
                self._running[job.key] = group.create_task(self._validate(job), name=name)
        except Unavailable as error:
            log.warning("validations_wait", reason=str(error), retry_s=RETRY_S)
            return RETRY_S
        return LOOK_AGAIN_S

    def _next(self, running: frozenset[tuple[int, int]]) -> _Job | None:
        """The one that waits longest."""
        with self._database.reading() as session:
            waiting = session.scalars(
                select(Version).where(Version.state == VersionState.VALIDATING).order_by(Version.changed_at, Version.id)
            )
            for version in waiting:
                if (version.id, version.revision) not in running:
                    edge_class: EdgeClass = version.edge_class  # type: ignore[assignment]
                    files = files_of(session, version)
                    return _Job(version.id, version.revision, edge_class, subject_of(version), files)
        return None

    def _outdated(self, running: frozenset[tuple[int, int]]) -> list[tuple[int, int]]:
        """Those whose result nobody wants any more, as the version was changed or deleted."""
        if not running:
            return []
        with self._database.reading() as session:
            wanted = session.execute(
                select(Version.id, Version.revision).where(Version.state == VersionState.VALIDATING)
            )
            return list(running - {(version_id, revision) for version_id, revision in wanted})

    async def _validate(self, job: _Job) -> None:
        started_at = self._now()
        try:
            try:
                validated = await self._validated(job)
            except Exception:
                # Whatever it is, such as a full disk: the other versions, and the admin, go on.
                log.exception("validation_broke", version=job.subject)
                validated = failed("it broke off; the admin's operator finds the reason in the log", "VALIDATION_BROKE")
            await self._keep(job, validated, started_at)
        except Unavailable as error:
            # Its row says that it is still to be done.
            log.warning("validation_not_kept", version=job.subject, reason=str(error), retry_s=RETRY_S)
            await asyncio.sleep(RETRY_S)
        finally:
            del self._running[job.key]
            self._bell.ring()

    async def _keep(self, job: _Job, validated: Validated, started_at: float) -> None:
        """Raises Unavailable where the database does not answer."""
        try:
            await asyncio.to_thread(self._finish, job, validated, started_at)
        except Unavailable:
            raise
        except Exception:
            # A report that no database takes would be made again for ever.
            log.exception("report_not_kept", version=job.subject)
            lost = failed("its report can't be kept; the admin's operator finds the reason in the log", "REPORT_LOST")
            await asyncio.to_thread(self._finish, job, lost, started_at)

    async def _validated(self, job: _Job) -> Validated:
        async with work_folder_beside(self._work_folder, "validate-") as folder:
            try:
                await asyncio.to_thread(self._blobs.lay_out, job.files, folder / PACKAGE)
            except AdminError as error:
                log.warning("package_not_laid_out", version=job.subject, reason=str(error))
                message = f"its files can't be had from the blob store now: {error}; validate it again later"
                return failed(message, "FILES_UNAVAILABLE")
            return await validate_folder(folder, job.edge_class, self._limits, self._wall_s, self._command)

    def _finish(self, job: _Job, validated: Validated, started_at: float) -> None:
        """Keep what was found, unless the version was changed, deleted or finished by another replica meanwhile."""
        now = self._now()
        known = {"revision": job.revision, "edge_class": job.edge_class, "started_at": started_at, "finished_at": now}
        report = validated.report.model_copy(update=known)
        with self._database.session() as session:
            version = session.get(Version, job.version_id)
            if version is None or version.revision != job.revision or version.state != VersionState.VALIDATING:
                log.info("validation_outdated", version=job.subject, revision=job.revision)
                return
            take_step(version, Step.REJECT if report.errors else Step.ACCEPT, now)
            version.report = report.model_dump(mode="json")
            session.execute(delete(VersionPicture).where(VersionPicture.version_id == version.id))
            for name, data in validated.pictures.items():
                session.add(VersionPicture(version_id=version.id, name=name, media_type=PICTURE_TYPE, data=data))
            detail = {
                "revision": job.revision,
                "state": version.state,
                **{severity: report.count(severity) for severity in ("error", "defect", "warning")},
            }
            audit.append(session, now, SYSTEM, "version.validate", subject_of(version), detail)

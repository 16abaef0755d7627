"""All previews: who asks for one that is there gets that; there are never more than may be."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from control.admin.access.actor import Actor, Role
from control.admin.database import Database
from control.admin.errors import Conflict, NotFound, TooManyTries
from control.admin.publishing.child_process import EDGE_RENDER, Limits
from control.admin.publishing.preview import Preview
from control.admin.publishing.versions import files_of, find_version, missing_digests
from control.admin.storage.blob_store import BlobStore
from control.content.release import FileEntry

_RETRY_AFTER_S: Final = 30
_REMEMBERED: Final = 16
"""Ended ones whose reason is still told."""


class Previews:
    """Use it on the event loop, within the task group that its previews run in."""

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        work_folder: Path,
        limits: Limits,
        at_most: int,
        idle_s: float,
        group: asyncio.TaskGroup,
        command: tuple[str, ...] = EDGE_RENDER,
    ) -> None:
        self._database, self._blobs, self._work_folder, self._limits = database, blobs, work_folder, limits
        self._at_most, self._idle_s, self._group, self._command = at_most, idle_s, group, command
        self._previews: dict[str, Preview] = {}
        self._starting = asyncio.Lock()

    async def start(self, actor: Actor, version_id: int) -> Preview:
        """That of the version's newest revision; a new one where there is none. One that nobody visits makes way.
        Raises NotFound, Conflict where blobs are missing, TooManyTries where all are in use."""
        actor.need(Role.EDITOR)
        revision, files = await asyncio.to_thread(self._read, version_id)
        async with self._starting:
            return await self._start(version_id, revision, files)

    async def _start(self, version_id: int, revision: int, files: tuple[FileEntry, ...]) -> Preview:
        running = [preview for preview in self._previews.values() if not preview.ended]
        for preview in running:
            if (preview.version_id, preview.revision) == (version_id, revision):
                preview.wanted()
                return preview
        # Of an older revision: who wants the newest has seen enough of it.
        older = [preview for preview in running if preview.version_id == version_id and preview.visits == 0]
        for preview in older:
            preview.stop()
        if len(running) >= self._at_most:
            idle = next(iter((*older, *(preview for preview in running if preview.may_make_way))), None)
            if idle is None:
                raise TooManyTries(f"all {self._at_most} previews are in use; try again later", _RETRY_AFTER_S)
            idle.stop()
            await idle.over()
        preview = Preview(version_id, revision, files, self._idle_s, self._command)
        self._remember(preview)
        work = preview.run(self._blobs, self._work_folder, self._limits)
        self._group.create_task(work, name=f"preview-{version_id}-{revision}")
        return preview

    def find(self, token: str) -> Preview:
        """The preview, also where it has ended of late. Raises NotFound."""
        preview = self._previews.get(token)
        if preview is None:
            raise NotFound("there is no such preview, or it ended long ago")
        return preview

    def open(self, token: str) -> Preview:
        """One that has not ended. Raises NotFound."""
        preview = self.find(token)
        if preview.ended:
            raise NotFound(f"the preview has ended: {preview.reason}")
        return preview

    def stop_all(self) -> None:
        """Have all end."""
        for preview in self._previews.values():
            preview.stop()

    def _remember(self, preview: Preview) -> None:
        ended = [token for token, one in self._previews.items() if one.ended]
        for token in ended[: max(0, len(ended) - _REMEMBERED)]:
            del self._previews[token]
        self._previews[preview.token] = preview

    def _read(self, version_id: int) -> tuple[int, tuple[FileEntry, ...]]:
        with self._database.reading() as session:
            version = find_version(session, version_id)
            if missing_digests(session, version):
                raise Conflict("some of its blobs are not uploaded yet")
            return version.revision, files_of(session, version)

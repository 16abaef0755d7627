"""One preview: a renderer node's process on a version's files, from its start until nobody looks any more."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import socket
import time
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

import httpx2
import structlog

from control.admin.errors import AdminError
from control.admin.publishing.child_process import EDGE_RENDER, Limits, confined_process
from control.admin.publishing.live_addresses import not_calling
from control.admin.publishing.work_folders import work_folder_beside
from control.admin.storage.blob_store import BlobStore
from control.content.release import FileEntry

log = structlog.get_logger(__name__)

PREVIEW_MAX_S: Final = 3600.0
_LOOK_S: Final = 5.0
"""How often it is asked whether somebody is there."""
_ASK_TIMEOUT_S: Final = 3.0
_ANSWER_MAX_BYTES: Final = 1024 * 1024
_PROXY_TIMEOUT_S: Final = 20.0
_BACKLOG: Final = 16
_ABOUT_TO_VISIT_S: Final = 30.0
"""From the first request until its visit is counted."""
_VISITS: Final = re.compile(r"^edge_render_visits (\d+)", re.MULTILINE)
_PACKAGE: Final = "package"
_OPTIONS: Final = (
    "--package", _PACKAGE, "--cache-folder", "cache", "--codecs", "h264,vp8",
    "--max-visits", "4", "--max-followers", "0", "--max-width", "960", "--max-height", "540",
    "--editing",
)  # fmt: skip
"""Two editors at a time: an editor that goes elsewhere has two visits until the new one has its picture."""


class PreviewState(StrEnum):
    """As it is sent."""

    STARTING = "starting"
    """Its files are laid out, and its process starts."""
    OPENING = "opening"
    """Its entry scene is being loaded."""
    READY = "ready"
    ENDED = "ended"


class Preview:
    """Made on the event loop; ``run`` is its whole life."""

    def __init__(
        self, version_id: int, revision: int, files: Sequence[FileEntry], idle_s: float,
        command: tuple[str, ...] = EDGE_RENDER,
    ) -> None:  # fmt: skip
        self.version_id, self.revision = version_id, revision
        self.token = secrets.token_urlsafe(24)
        """Whoever knows it and is logged in may visit."""
        self.reason = ""
        """Why it ended."""
        self.ended = False
        self.visits = 0
        self._files, self._idle_s, self._command = files, idle_s, command
        self._started = False
        self._stopping = asyncio.Event()
        self._over = asyncio.Event()
        self._wanted_at_s = time.monotonic()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
        self.port: int = self._socket.getsockname()[1]
        self.client = httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}", timeout=_PROXY_TIMEOUT_S, trust_env=False, follow_redirects=False
        )

    async def run(self, blobs: BlobStore, work: Path, limits: Limits) -> None:
        """Until nobody looks any more, it is stopped, or its process ends. Failures are told by ``reason``."""
        try:
            async with self.client, work_folder_beside(work, "preview-") as folder:
                self.reason = await self._run_in(folder, blobs, limits)
        except AdminError as error:
            self.reason = str(error)
        except Exception:
            # Whatever it is, such as a full disk: the admin goes on.
            log.exception("preview_broke", version_id=self.version_id)
            self.reason = "it broke off; the admin's operator finds the reason in the log"
        finally:
            self._socket.close()
            self.ended = True
            self._over.set()
            log.info("preview_ended", version_id=self.version_id, revision=self.revision, reason=self.reason)

    @property
    def may_make_way(self) -> bool:
        """Nobody visits it, and nobody is about to."""
        return self.visits == 0 and time.monotonic() - self._wanted_at_s > _ABOUT_TO_VISIT_S

    def wanted(self) -> None:
        """Somebody asks for it, or enters."""
        self._wanted_at_s = time.monotonic()

    def stop(self) -> None:
        """Have it end."""
        self._stopping.set()

    async def over(self) -> None:
        """Wait until it has ended."""
        await self._over.wait()

    async def progress(self) -> tuple[PreviewState, float]:
        """Its state, and how much of its entry scene is loaded, from 0 to 1."""
        if self.ended:
            return PreviewState.ENDED, 0.0
        if not self._started:
            return PreviewState.STARTING, 0.0
        try:
            told = json.loads(await self._asked("/readyz"))
            opened = min(1.0, max(0.0, float(told["opened"])))
            return (PreviewState.READY if told["ready"] is True else PreviewState.OPENING), opened
        except (httpx2.HTTPError, TimeoutError, ValueError, KeyError, TypeError, RecursionError):
            # Its process is not up yet, or is about to end, which is seen elsewhere.
            return PreviewState.STARTING, 0.0

    async def _run_in(self, folder: Path, blobs: BlobStore, limits: Limits) -> str:
        await asyncio.to_thread(blobs.lay_out, self._files, folder / _PACKAGE)
        uncalled = await asyncio.to_thread(not_calling, folder / _PACKAGE)
        fd = self._socket.fileno()
        command = (*self._command, "node", "--listen-fd", str(fd), *_OPTIONS, *uncalled)
        async with confined_process(command, folder, limits, offline=False, pass_fds=(fd,)) as confined:
            # The process has it; with ours open as well, who asks after its end would wait for ever.
            self._socket.close()
            self._started = True
            tasks = {
                asyncio.create_task(confined.process.wait(), name="preview-process"): "",
                asyncio.create_task(self._until_left(), name="preview-idle"): "nobody visited it any more",
                asyncio.create_task(self._stopping.wait(), name="preview-stop"): "it was ended",
            }
            try:
                async with asyncio.timeout(PREVIEW_MAX_S):
                    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            except TimeoutError:
                return "it was open for an hour; start it again"
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            reason = next((tasks[task] for task in done if tasks[task]), None)
            if reason is None:
                log.warning("preview_failed", version_id=self.version_id, stderr=confined.complained())
        return reason or "it can't be opened: have the version validated to see why"

    async def _asked(self, path: str) -> bytes:
        """What its process answers, within the time and not without end, as its content may have taken it over. Raises
        HTTPError, TimeoutError and ValueError."""
        answer = bytearray()
        async with asyncio.timeout(_ASK_TIMEOUT_S), self.client.stream("GET", path, timeout=_ASK_TIMEOUT_S) as response:
            async for chunk in response.aiter_bytes():
                answer += chunk
                if len(answer) > _ANSWER_MAX_BYTES:
                    raise ValueError("the answer is too long")
        return bytes(answer)

    async def _until_left(self) -> None:
        """Return once nobody has visited it for long."""
        left_at_s = time.monotonic()
        while time.monotonic() - left_at_s < self._idle_s:
            await asyncio.sleep(min(_LOOK_S, self._idle_s))
            try:
                metrics = await self._asked("/metrics")
            except (httpx2.HTTPError, TimeoutError, ValueError):
                continue
            found = _VISITS.search(metrics.decode(errors="replace"))
            self.visits = int(found.group(1)) if found else 0
            if self.visits:
                left_at_s = time.monotonic()

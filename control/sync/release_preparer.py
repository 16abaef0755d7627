"""Brings one ordered release a step further: manifest, blobs, folder, warm."""

from __future__ import annotations

from typing import assert_never

from control.content.release import OrderedRelease, ReleaseManifest
from control.content.stage import Stage
from control.sync.admin_api import AdminApi
from control.sync.blob_fetch import BlobFetcher
from control.sync.disk_thread import DiskThread
from control.sync.follow_plan import FetchBlobs, FetchManifest, LayOut, Preparation, Reached, Warm
from control.sync.pace import Pace
from control.sync.progress import Progress
from control.sync.site_content import SiteContent


class ReleasePreparer:
    """All steps may be done again: each looks first what is there already."""

    def __init__(
        self, api: AdminApi, disk: DiskThread, content: SiteContent, stage: Stage, progress: Progress, pace: Pace
    ) -> None:
        self._api, self._disk, self._content, self._stage, self._progress = api, disk, content, stage, progress
        self._fetcher = BlobFetcher(api, disk, content.blobs, pace)
        self._manifests: dict[str, ReleaseManifest] = {}

    async def do(self, step: Preparation) -> None:
        """Raises what ``setbacks.FAILURES`` has; what was done so far stays. Where other keys count by the end of it,
        nothing was reached: the manifest has to be checked anew first."""
        checks = self._progress.checks
        match step:
            case FetchManifest(ordered):
                await self._fetch_manifest(ordered)
                reached = Reached.KNOWN
            case FetchBlobs(ordered):
                await self._fetch_blobs(ordered)
                reached = Reached.FETCHED
            case LayOut(ordered):
                edition = await self._disk.do(self._content.lay_out, ordered, self._manifests[ordered.release])
                self._progress.editions[ordered.release] = edition
                reached = Reached.LAID_OUT
            case Warm(ordered):
                await self._stage.warm(self._progress.editions[ordered.release])
                self._progress.warmed = True
                reached = Reached.WARM
            case _:
                assert_never(step)
        self._progress.reach(ordered.release, reached, checks)

    async def _fetch_manifest(self, ordered: OrderedRelease) -> None:
        manifest = await self._disk.do(self._content.manifest, ordered)
        if manifest is None:
            came = await self._api.release(ordered.release)
            self._count(ordered.release, came.size_bytes)
            manifest = await self._disk.do(self._content.keep_release, came.envelope, ordered)
        await self._disk.do(self._content.touch, (ordered.release,))
        self._manifests = {
            release: kept for release, kept in self._manifests.items() if self._progress.is_ordered(release)
        } | {ordered.release: manifest}

    async def _fetch_blobs(self, ordered: OrderedRelease) -> None:
        release, disk, content = ordered.release, self._disk, self._content
        missing = await disk.do(content.missing, self._manifests[release])
        if missing:
            needed_bytes = await disk.do(content.to_fetch_bytes, missing)
            figures = self._progress.figures.get(release)
            if figures is not None and figures.to_fetch_bytes == 0:
                figures.to_fetch_bytes = needed_bytes
            await disk.do(content.make_room, needed_bytes, self._stage.in_use())
            await self._fetcher.fetch_all(missing, lambda size_bytes: self._count(release, size_bytes))

    def _count(self, release: str, moved_bytes: int) -> None:
        figures = self._progress.figures.get(release)
        if figures is not None:
            figures.fetched_bytes += moved_bytes

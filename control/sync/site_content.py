"""All that an edge has of its site on disk, and what it remembers. One owner: the process that holds the folder's lock.

Blocking; one thread at a time (``DiskThread``, once the node runs).
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import structlog

from control.content.edge_api import Disk as DiskReport
from control.content.edge_api import OrderReply
from control.content.envelope import Envelope
from control.content.errors import SignatureRefused
from control.content.release import OrderedRelease, ReleaseManifest
from control.content.stage import Edition
from control.sync.blob_cache import BlobCache
from control.sync.durable import remove_temporary
from control.sync.edition_folders import EditionFolders
from control.sync.errors import FolderUnusable, ReleaseRefused
from control.sync.folder_lock import locked
from control.sync.follow_config import FollowConfig
from control.sync.release_files import ReleaseFiles
from control.sync.room import Disk, make_room
from control.sync.site_state import PlacedRelease, SiteState, load_state, save_state
from control.sync.site_trust import Believed, accepted, check_release, remembered

log = structlog.get_logger(__name__)


@contextmanager
def open_site_content(config: FollowConfig) -> Iterator[SiteContent]:
    """Take the content folder, and mend what a crash left in it. Raises FolderInUse and FolderUnusable."""
    with locked(config.folder):
        try:
            content = SiteContent(config)
        except OSError as error:
            raise FolderUnusable(f"the content folder {config.folder} can't be used: {error}") from error
        yield content


class SiteContent:
    """Made by ``open_site_content``."""

    def __init__(self, config: FollowConfig) -> None:
        self._config = config
        self.blobs = BlobCache(config.folder)
        self.editions = EditionFolders(config.folder, self.blobs)
        self.releases = ReleaseFiles(config.folder)
        for name in ("", "releases", "editions"):
            remove_temporary(config.folder / name)
        if not self.editions.all():  # else it was found out already; and a full disk would take no probe
            _probe_links(config.folder)
        self.believed: Believed = remembered(load_state(config.folder, config.site), config.trusted_keys)
        self._first = self._open_remembered()

    @property
    def state(self) -> SiteState:
        return self.believed.state

    def first_editions(self) -> tuple[Edition, ...]:
        """What was shown last, as far as it is whole and signed by who is trusted: to be shown again without asking
        anybody. Where a showroom's release is damaged, it is the one that was shown before."""
        return self._first

    def accept(self, reply: OrderReply) -> Believed:
        """What is believed after a reply of the admin; remembered, where it is new. Raises SignatureRefused,
        OrderRefused and OSError; then all stays as it was."""
        believed = accepted(reply, self.believed)
        if believed is not self.believed:
            self._remember(believed)
        return believed

    def switch(self, active: tuple[PlacedRelease, ...]) -> None:
        """Remember that these are shown. Raises OSError; then it is still what was shown before."""
        self._remember(replace(self.believed, state=self.state.switched(active)))

    def _remember(self, believed: Believed) -> None:
        if believed.state != self.state:
            save_state(self._config.folder, believed.state)
        self.believed = believed

    def manifest(self, ordered: OrderedRelease) -> ReleaseManifest | None:
        """Of a release whose envelope is on disk, if it is still signed by who is trusted."""
        envelope = self.releases.read(ordered.release)
        if envelope is None:
            return None
        try:
            return check_release(envelope, ordered, self.believed.trust)
        except (SignatureRefused, ReleaseRefused) as error:
            log.warning("kept_release_refused", release=ordered.release, reason=str(error))
            return None

    def keep_release(self, envelope: Envelope, ordered: OrderedRelease) -> ReleaseManifest:
        """The manifest of an envelope that came, once it is on disk. Raises SignatureRefused, ReleaseRefused and
        OSError."""
        manifest = check_release(envelope, ordered, self.believed.trust)
        self.releases.write(ordered.release, envelope)
        return manifest

    def missing(self, manifest: ReleaseManifest, *, read: bool = False) -> dict[str, int]:
        """The sizes of the blobs that are not there, by digest. ``read``: read those that are, and drop wrong ones."""
        return {
            digest: size_bytes
            for digest, size_bytes in manifest.blobs().items()
            if not self.blobs.check(digest, size_bytes, read=read)
        }

    def to_fetch_bytes(self, missing: Mapping[str, int]) -> int:
        """Of blobs that are not there (sizes by digest), less what has come of them."""
        return sum(max(size_bytes - self.blobs.partial_bytes(digest), 0) for digest, size_bytes in missing.items())

    def lay_out(self, ordered: OrderedRelease, manifest: ReleaseManifest) -> Edition:
        """The release as a folder; all its blobs must be there. Raises OSError."""
        if not self.editions.is_whole(ordered.release, manifest):
            self.editions.lay_out(ordered.release, manifest)
        return Edition(ordered.showroom, ordered.version, ordered.release, self.editions.path(ordered.release))

    def make_room(self, needed_bytes: int, in_use: Collection[str]) -> None:
        """Delete what was not used for the longest time, until so much more fits. What is shown, ordered or was shown
        before stays, and ``in_use``. Raises NoRoom before anything is deleted."""
        ordered = () if self.believed.order is None else self.believed.order.showrooms
        keep = self.state.releases.union(in_use, (item.release for item in ordered))
        held = self.releases.held()
        eviction = make_room(needed_bytes, self._disk(), self.blobs.stored(), held, keep)
        known = {item.release for item in held}
        for release in (*eviction.releases, *sorted(self.editions.all() - known - keep)):
            # the folder first: a release whose blobs are gone must not look whole
            self.editions.drop(release)
            self.releases.drop(release)
            log.info("release_dropped", release=release)
        for digest in eviction.blobs:
            self.blobs.drop(digest)

    def touch(self, releases: Collection[str]) -> None:
        """These are used now."""
        now = time.time()
        for release in releases:
            self.releases.touch(release, now)

    def disk_report(self) -> DiskReport:
        """What the content takes, for the admin."""
        disk = self._disk()
        used_bytes = sum(file.size_bytes for file in self.blobs.stored().values())
        return DiskReport(used_bytes=used_bytes, budget_bytes=disk.budget, free_bytes=disk.free)

    def _disk(self) -> Disk:
        status = os.statvfs(self._config.folder)
        return Disk(self._config.budget_bytes, status.f_bavail * status.f_frsize, self._config.reserve_bytes)

    def _open_remembered(self) -> tuple[Edition, ...]:
        previous = {item.showroom: item for item in self.state.previous}
        editions = []
        for item in self.state.active:
            earlier = previous.get(item.showroom)
            edition = self._open_placed(item)
            if edition is None and earlier is not None:
                edition = self._open_placed(earlier)
            if edition is None:
                log.error("showroom_lost", showroom=item.showroom, release=item.release)
            else:
                editions.append(edition)
        return tuple(editions)

    def _open_placed(self, placed: PlacedRelease) -> Edition | None:
        manifest = self.manifest(placed)
        if manifest is None:
            return None
        missing = self.missing(manifest, read=self._config.read_all)
        if missing:
            log.error("release_damaged", release=placed.release, blobs=len(missing))
            return None
        return self.lay_out(placed, manifest)


def _probe_links(folder: Path) -> None:
    """Raises FolderUnusable where the file system has no hard links, as FAT."""
    probe, link = folder / ".tmp-probe", folder / ".tmp-probe-link"
    probe.touch()
    try:
        os.link(probe, link)
    except OSError as error:
        raise FolderUnusable(
            f"the content folder {folder} is on a file system without hard links: choose one on another"
        ) from error
    finally:
        link.unlink(missing_ok=True)
        probe.unlink()

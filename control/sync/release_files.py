"""The signed manifests of releases, as they came: ``releases/DIGEST.json``.

A file's time of change is when the release was shown or ordered last. Blocking; one thread at a time.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import structlog

from control.content.envelope import Envelope
from control.content.errors import SignatureRefused
from control.content.release import ReleaseManifest
from control.content.signing import payload_digest, read_envelope
from control.sync.durable import write_whole
from control.sync.room import HeldRelease

log = structlog.get_logger(__name__)


class ReleaseFiles:
    """The folder of envelopes within a content folder."""

    def __init__(self, folder: Path) -> None:
        """Make the folder where there is none. Raises OSError."""
        self._folder = folder / "releases"
        self._folder.mkdir(exist_ok=True)
        self._blobs: dict[str, frozenset[str]] = {}

    def read(self, release: str) -> Envelope | None:
        """Its envelope; None where there is none, or none that can be read, which is deleted. Its signatures are for
        others to check."""
        path = self._path(release)
        try:
            envelope = read_envelope(path.read_bytes())
            if payload_digest(envelope) == release:
                return envelope
            reason = "is another release's"
        except FileNotFoundError:
            return None
        except SignatureRefused as error:
            reason = str(error)
        log.warning("release_file_damaged", release=release, reason=reason)
        path.unlink()
        return None

    def write(self, release: str, envelope: Envelope) -> None:
        """Keep it. Raises OSError."""
        write_whole(self._path(release), envelope.model_dump_json().encode())

    def touch(self, release: str, now: float) -> None:
        """It is used now (Unix seconds)."""
        with contextlib.suppress(FileNotFoundError):
            os.utime(self._path(release), (now, now))

    def drop(self, release: str) -> None:
        """Delete it, if it is there."""
        self._path(release).unlink(missing_ok=True)
        self._blobs.pop(release, None)

    def held(self) -> list[HeldRelease]:
        """All of them, with the blobs that they are made of."""
        found = []
        for path in sorted(self._folder.glob("*.json")):
            used_at, blobs = path.stat().st_mtime, self._blobs_of(path.stem)
            if blobs is not None:
                found.append(HeldRelease(path.stem, used_at, blobs))
        return found

    def _blobs_of(self, release: str) -> frozenset[str] | None:
        if release not in self._blobs:
            envelope = self.read(release)
            if envelope is None:
                return None
            try:
                manifest = ReleaseManifest.model_validate_json(envelope.payload_bytes())
            except ValueError:
                log.warning("release_file_damaged", release=release, reason="has no manifest")
                self.drop(release)
                return None
            self._blobs[release] = frozenset(manifest.blobs())
        return self._blobs[release]

    def _path(self, release: str) -> Path:
        return self._folder / f"{release}.json"

"""The sounds of a scene, its own and those of its cards: checked when the showroom opens, coded once beside serving,
heard by each visitor from their beginning."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Protocol

import structlog

from edge_render.errors import PackageError
from edge_render.manifest import SceneAudio, Text
from edge_render.package import MANIFEST_NAME, Package
from stream.audio.audio_file import SoundFile, code_track
from stream.audio.audio_source import AudioSource, PendingPlayback
from stream.audio.opus import OpusTrack
from stream.errors import AudioError

log = structlog.get_logger(__name__)


class HostedSound(Protocol):
    """What is heard in a scene, whatever makes it."""

    @property
    def title(self) -> Text | None: ...

    async def code(self) -> None:
        """Code what can be coded ahead."""
        ...

    def playback(self, since_ns: int | None = None) -> AudioSource:
        """For one visitor; see SceneSound.playback."""
        ...


class SceneSound:
    """Shared by all visits; made on the event loop."""

    def __init__(self, spec: SceneAudio, file: SoundFile) -> None:
        self.spec = spec
        self.title = spec.title
        self._file = file
        self._track: asyncio.Future[OpusTrack | None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def open(cls, package: Package, scene_name: str) -> SceneSound | None:
        """Check a scene's sound; None where it has none. Raises PackageError."""
        spec, path = package.showroom.scenes[scene_name].audio, package.audio_path(scene_name)
        if spec is None or path is None:
            return None
        return await cls._checked(spec, path, f"scenes.{scene_name}.audio")

    @classmethod
    async def open_narrations(cls, package: Package, scene_name: str) -> dict[str, SceneSound]:
        """Check what is told on a scene's cards; by hotspot. Raises PackageError."""
        return {
            hotspot: await cls._checked(
                SceneAudio(file=spec.file, volume=spec.volume, loop=False),
                path,
                f"scenes.{scene_name}.hotspots.{hotspot}.action.audio",
            )
            for hotspot, (spec, path) in package.narrations(scene_name).items()
        }

    @classmethod
    async def _checked(cls, spec: SceneAudio, path: Path, field: str) -> SceneSound:
        try:
            return cls(spec, await asyncio.to_thread(SoundFile.check, path))
        except AudioError as error:
            raise PackageError(f"{MANIFEST_NAME}: {field}: {spec.file} {error}") from error

    async def code(self) -> None:
        """Code it for all who will listen. Where that fails, the scene is silent and the log says why."""
        began_s = time.monotonic()
        try:
            track = await code_track(self._file, loop=self.spec.loop, volume=self.spec.volume)
        except AudioError as error:
            log.error("sound_not_coded", file=self.spec.file, error=str(error))
            self._track.set_result(None)
            return
        self._track.set_result(track)
        log.info(
            "sound_coded",
            file=self.spec.file,
            duration_s=round(track.duration_s, 1),
            size_bytes=sum(map(len, track.packets)),
            seconds=round(time.monotonic() - began_s, 2),
        )

    def playback(self, since_ns: int | None = None) -> AudioSource:
        """For one visitor, from the beginning; where it is still being coded, from when it is. ``since_ns``: as if it
        had been played since then (``time.monotonic_ns``), so that several hear the same."""
        return PendingPlayback(self._track, since_ns)

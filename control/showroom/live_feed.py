"""The video of a scene on the event loop: what state its source is in, and its sound, coded once for all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from control.wire import SourceTold
from edge_render.errors import PackageError, VideoError
from edge_render.package import MANIFEST_NAME, Package
from edge_render.video.check import check_file
from edge_render.video.decoded import SoundBlock
from edge_render.video.source import VideoSource
from edge_render.video.spec import LiveScene
from edge_render.video.status import SourceState, SourceStatus
from stream.audio.audio_source import AudioPacket, AudioSource, LiveAudio, LiveCoder
from stream.audio.opus import scaled
from stream.errors import AudioError

log = structlog.get_logger(__name__)

CLOSE_S = 1.0
"""How long the end of a source's thread is waited for; one that reads from a dead network may take longer."""


class LiveSound:
    """A source's sound for all visits. ``hear`` is called on the source's thread, all else on the event loop."""

    def __init__(self, spec: LiveScene) -> None:
        self.title = spec.title
        self._volume = spec.source_volume
        self._loop = asyncio.get_running_loop()
        self._live = LiveAudio()
        self._coder: LiveCoder | None = None
        self._broken = False

    def hear(self, block: SoundBlock) -> None:
        """Sound that the source had to go with a picture. It is coded while somebody listens."""
        if self._broken or not self._live.listened:
            return
        try:
            if self._coder is None:
                self._coder = LiveCoder()
            packets = self._coder.code(scaled(block.samples, self._volume), block.due_ns)
        except AudioError as error:
            log.error("live_sound_not_coded", error=str(error))
            self._broken = True
            return
        if packets:
            self._loop.call_soon_threadsafe(self._put, packets)

    def _put(self, packets: list[AudioPacket]) -> None:
        for packet in packets:
            self._live.put(packet)

    async def code(self) -> None:
        """There is nothing to code ahead."""

    def playback(self, since_ns: int | None = None) -> AudioSource:
        """What is heard now, for one more visitor."""
        return self._live.listen()


class LiveFeed:
    """A source, from the opening of the showroom to its end. Made and used on the event loop."""

    def __init__(self, source: str | Path, spec: LiveScene) -> None:
        self.sound = LiveSound(spec) if spec.audio is None and spec.source_volume > 0.0 else None
        self.layout = spec.layout
        self._loop = asyncio.get_running_loop()
        self._listeners: set[Callable[[], None]] = set()
        self.source = VideoSource(
            source,
            loop=spec.loop,
            on_state=self._on_state,
            on_sound=None if self.sound is None else self.sound.hear,
        )

    @classmethod
    async def open(cls, package: Package, scene_name: str, spec: LiveScene, address: str | None) -> LiveFeed:
        """Check and start the source of a scene, or the one at ``address`` in its place. A camera that is not there is
        no error: it may come. Raises PackageError."""
        source = package.video_source(scene_name) if address is None else address
        if isinstance(source, Path):
            try:
                await asyncio.to_thread(check_file, source)
            except VideoError as error:
                raise PackageError(f"{MANIFEST_NAME}: scenes.{scene_name}.source: {spec.source} {error}") from error
        feed = cls(source, spec)
        feed.source.start()
        return feed

    def end(self) -> None:
        """Call nobody back any more, and have the source end; its last picture can still be drawn."""
        self._listeners.clear()
        self.source.close()

    async def close(self) -> None:
        """End it, and wait for that."""
        self.end()
        if not await asyncio.to_thread(self.source.join, CLOSE_S):
            log.info("video_source_still_reading", source=self.source.name)

    # --- who is told ---------------------------------------------------------------------------------

    def listen(self, on_change: Callable[[], None]) -> Callable[[], None]:
        """Be told when ``told`` says something else; returns what ends that."""
        self._listeners.add(on_change)
        return lambda: self._listeners.discard(on_change)

    def _on_state(self, _status: SourceStatus) -> None:
        """Called on the source's thread."""
        self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        for on_change in tuple(self._listeners):
            on_change()

    def told(self) -> SourceTold:
        """What visitors are told of the source."""
        return source_told(self.source.status, time.monotonic_ns())


def source_told(status: SourceStatus, now_ns: int) -> SourceTold:
    """The message of a status. Times are told as ages: the visitor's clock is another one."""
    state = SourceState.LOST if status.state is SourceState.CLOSED else status.state
    return SourceTold(
        state=state.value,
        picture_age_s=None if status.picture_ns is None else max(0, now_ns - status.picture_ns) / 1e9,
        retry_s=None if status.retry_ns is None else max(0, status.retry_ns - now_ns) / 1e9,
    )


def check_addresses(package: Package, addresses: Mapping[str, str]) -> None:
    """That each address takes the place of a scene's own. Raises PackageError."""
    for name in addresses:
        if not isinstance(package.showroom.scenes.get(name), LiveScene):
            raise PackageError(f"--live-sources names '{name}', which is no live scene of this package")

"""Videos for tests: made by PyAV, found again by their grey or by a flash."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from numpy.typing import NDArray

from edge_render.video.decoded import SoundBlock
from edge_render.video.picture import VideoPicture
from edge_render.video.source import VideoSource
from edge_render.video.status import SourceState, SourceStatus
from tests.waiting import WAIT_S

WIDTH, HEIGHT = 128, 64
FPS = 25
SAMPLE_RATE_HZ = 48_000


def gray(level: int, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """A picture of one luma, I420 as PyAV takes it."""
    picture = np.full((height * 3 // 2, width), 128, np.uint8)
    picture[:height] = level
    return picture


def write_video(
    path: Path,
    pictures: Iterable[NDArray[np.uint8]],
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    samples: NDArray[np.float32] | None = None,
) -> Path:
    """Pictures are I420; ``samples`` (n,) become sound in stereo."""
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=FPS, options={"tune": "zerolatency"} if codec == "libx264" else {})
        video.gop_size, video.pix_fmt = FPS, pixel_format
        sound = None
        if samples is not None:
            sound = container.add_stream("aac", rate=SAMPLE_RATE_HZ)
            sound.layout = "stereo"
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            if number == 0:
                video.width, video.height = frame.width, frame.height
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if sound is not None and samples is not None:
            for at in range(0, len(samples), 1024):
                block = np.tile(np.pad(samples[at : at + 1024], (0, max(0, at + 1024 - len(samples)))), (2, 1))
                heard = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
                heard.sample_rate, heard.pts = SAMPLE_RATE_HZ, at
                container.mux(sound.encode(heard))
            container.mux(sound.encode())
    return path


class Watched:
    """A source in use: keeps what it told, and looks at each picture. A context manager: entering starts it."""

    def __init__(self, source: str | Path, *, sound: bool = False, looks: bool = True, **more: object) -> None:
        self.changed = threading.Condition()
        self.pictures: list[VideoPicture] = []
        self.statuses: list[SourceStatus] = []
        self.blocks: list[SoundBlock] = []
        self.heard_ns: list[int] = []
        """When each block was handed over."""
        self.looks = looks
        on_sound = self._hear if sound else None
        self.source = VideoSource(source, on_state=self._told, on_sound=on_sound, chance=lambda: 0.0, **more)  # type: ignore[arg-type]
        self.source.watch(self._picture)

    def __enter__(self) -> Self:
        if self.looks:
            self.source.look()
        self.source.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.source.close()
        assert self.source.join(WAIT_S)

    def _picture(self) -> None:
        with self.changed:
            picture = self.source._picture if not self.looks else self.source.look()
            assert picture is not None
            self.pictures.append(picture)
            self.changed.notify_all()

    def _told(self, status: SourceStatus) -> None:
        with self.changed:
            self.statuses.append(status)
            self.changed.notify_all()

    def _hear(self, block: SoundBlock) -> None:
        with self.changed:
            self.blocks.append(block)
            self.heard_ns.append(time.monotonic_ns())
            self.changed.notify_all()

    def wait_pictures(self, count: int) -> list[VideoPicture]:
        """Wait until there have been so many."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.pictures) >= count, WAIT_S), self.statuses
            return list(self.pictures)

    def wait_state(self, *states: SourceState, count: int = 1) -> SourceStatus:
        """Wait until it has been in one of the states so many times; returns the last of them."""

        def met() -> list[SourceStatus]:
            return [status for status in self.statuses if status.state in states]

        with self.changed:
            assert self.changed.wait_for(lambda: len(met()) >= count, WAIT_S), self.statuses
            return met()[count - 1]

    def grays(self) -> list[int]:
        """The luma in the middle of each picture."""
        with self.changed:
            return [int(picture.luma[HEIGHT // 2, WIDTH // 2]) for picture in self.pictures]


def steps(grays: Sequence[int]) -> list[int]:
    """The different values in a row, each once; coded values are a little off."""
    kept: list[int] = []
    for value in grays:
        if not kept or abs(value - kept[-1]) > 2:
            kept.append(value)
    return kept

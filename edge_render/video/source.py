"""A video source: one thread that opens, decodes and reopens it, for all who look at it.

While nobody looks for IDLE_AFTER_S, a recording stands still, and of a live source key frames alone are decoded: it
stays connected, so that who comes sees a picture at once, and what is there now in the next moment.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import av
import structlog

from edge_render.errors import VideoError
from edge_render.video.address import shown
from edge_render.video.decoded import SoundBlock
from edge_render.video.opening import open_source, plan_for, reason_of
from edge_render.video.picture import VideoPicture
from edge_render.video.playing import Playing
from edge_render.video.retry import Failures
from edge_render.video.status import SourceFigures, SourceState, SourceStatus

log = structlog.get_logger(__name__)

IDLE_AFTER_S: Final = 10.0
_NS_PER_S: Final = 1_000_000_000


def _nothing(_status: SourceStatus) -> None:
    pass


class VideoSource:
    """Any thread may call its methods; what it calls back is called on its own thread, and must not block."""

    def __init__(
        self,
        source: str | Path,
        *,
        loop: bool = True,
        on_state: Callable[[SourceStatus], None] = _nothing,
        on_sound: Callable[[SoundBlock], None] | None = None,
        chance: Callable[[], float] = random.random,
        idle_after_s: float = IDLE_AFTER_S,
    ) -> None:
        """``source``: a file, or an address that was checked (see check_address). Without ``on_sound`` none is
        decoded; ``chance`` gives numbers from 0 to 1 for the waits."""
        self._source, self._loop = source, loop
        self._on_state, self._on_sound, self._chance = on_state, on_sound, chance
        self._idle_after_ns = round(idle_after_s * _NS_PER_S)
        self.name = source.name if isinstance(source, Path) else shown(source)
        self._log = log.bind(source=self.name)
        self._changed = threading.Condition()
        self._closing = False
        self._looked_ns: int | None = None
        self._picture: VideoPicture | None = None
        self._picture_ns: int | None = None
        """When it came."""
        self._taken = 0
        """Number of the newest picture that somebody took."""
        self._on_picture: tuple[Callable[[], None], ...] = ()
        self._status = SourceStatus(SourceState.CONNECTING, time.monotonic_ns())
        self._decoded = self._dropped = self._reconnects = self._decode_ns = 0
        # A daemon: a name that is being looked up can't be interrupted, and must not hold up the end of the process.
        self._thread = threading.Thread(target=self._run, name=f"video-{self.name}", daemon=True)

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def close(self) -> None:
        """Nothing is called back any more, but for what is on its way. Returns at once; see ``join``."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end, which comes at the latest when reading times out; False where it has not."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def status(self) -> SourceStatus:
        return self._status

    @property
    def figures(self) -> SourceFigures:
        height, width = (0, 0) if (picture := self._picture) is None else picture.luma.shape
        return SourceFigures(
            self._status.state,
            self._decoded,
            self._dropped,
            self._reconnects,
            self._decode_ns / _NS_PER_S,
            width,
            height,
        )

    @property
    def newest(self) -> VideoPicture | None:
        """The newest picture; unlike ``look``, this does not say that somebody is here."""
        return self._picture

    # --- who looks -----------------------------------------------------------------------------------

    def watch(self, on_picture: Callable[[], None]) -> Callable[[], None]:
        """Be told of each new picture; returns what ends that."""
        with self._changed:
            self._on_picture = (*self._on_picture, on_picture)

        def end() -> None:
            with self._changed:
                self._on_picture = tuple(told for told in self._on_picture if told is not on_picture)

        return end

    def look(self) -> VideoPicture | None:
        """The newest picture, for somebody who shows it; None where there has been none yet. Says that somebody is
        here: the source does its best for as long as this is called now and then."""
        before_ns, self._looked_ns = self._looked_ns, time.monotonic_ns()
        if before_ns is None or self._looked_ns - before_ns > self._idle_after_ns:
            with self._changed:
                self._changed.notify_all()
        picture = self._picture
        if picture is not None:
            self._taken = picture.number
        return picture

    # --- for Playing, on the source's thread -----------------------------------------------------------

    @property
    def closing(self) -> bool:
        """See Audience.closing."""
        return self._closing

    @property
    def idle(self) -> bool:
        """See Audience.idle."""
        looked_ns = self._looked_ns
        return looked_ns is None or time.monotonic_ns() - looked_ns > self._idle_after_ns

    @property
    def listening(self) -> bool:
        """See Audience.listening."""
        return self._on_sound is not None

    def next_number(self) -> int:
        """See Audience.next_number."""
        return self._decoded + 1

    def show(self, picture: VideoPicture) -> None:
        """See Audience.show."""
        if self._closing:
            return
        before = self._picture
        if before is not None and before.number > self._taken and not self.idle:
            self._dropped += 1
        self._decoded += 1
        self._picture, self._picture_ns = picture, time.monotonic_ns()
        if self._status.state is not SourceState.PLAYING:
            self._set(SourceState.PLAYING)
        for told in self._on_picture:
            told()

    def hear(self, block: SoundBlock) -> None:
        """See Audience.hear."""
        if self._on_sound is not None and not self._closing:
            self._on_sound(block)

    def decoded(self, took_ns: int) -> None:
        """See Audience.decoded."""
        self._decode_ns += took_ns

    def wait_until(self, due_ns: int) -> None:
        """See Audience.wait_until."""
        with self._changed:
            while not self._closing and (wait_ns := due_ns - time.monotonic_ns()) > 0:
                self._changed.wait(wait_ns / _NS_PER_S)

    def wait_for_looks(self) -> None:
        """See Audience.wait_for_looks."""
        with self._changed:
            self._changed.wait_for(lambda: self._closing or not self.idle)

    # --- the thread ----------------------------------------------------------------------------------

    def _run(self) -> None:
        failures = Failures()
        while not self._closing:
            if self._status.state is not SourceState.CONNECTING:
                self._set(SourceState.CONNECTING)
            reason = self._play()
            if self._closing:
                break
            if reason is None:
                self._set(SourceState.ENDED)
                with self._changed:
                    self._changed.wait_for(lambda: self._closing)
                break
            played_ns = 0
            if self._status.state is SourceState.PLAYING:
                played_ns = time.monotonic_ns() - self._status.since_ns
            delay_s = failures.failed(played_ns / _NS_PER_S, self._chance())
            retry_ns = time.monotonic_ns() + round(delay_s * _NS_PER_S)
            self._set(SourceState.LOST, retry_ns, reason)
            self.wait_until(retry_ns)
            self._reconnects += 1
        self._set(SourceState.CLOSED)

    def _play(self) -> str | None:
        """One connection; returns why it was lost, or None at the end of a recording."""
        try:
            plan = plan_for(self._source)
            with open_source(self._source, plan) as container:
                Playing(container, plan, self, loop=self._loop).run()
        except VideoError as error:
            return str(error)
        except (av.FFmpegError, OSError, ValueError) as error:
            return reason_of(error)
        except Exception as error:  # noqa: BLE001 - logged
            # A defect of ours or of libav's bindings: the last picture stays, and it is tried again like any loss.
            self._log.exception("video_source_failed")
            return type(error).__name__
        return "the source has ended" if plan.live else None

    def _set(self, state: SourceState, retry_ns: int | None = None, reason: str = "") -> None:
        before = self._status
        self._status = SourceStatus(state, time.monotonic_ns(), self._picture_ns, retry_ns, reason)
        self._log.info("video_source_state", before=before.state, after=state, reason=reason)
        if not self._closing:
            self._on_state(self._status)

"""Hand-over from the GL thread to the event loop: one deep, the newest frame wins."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from edge_render.frame import Frame


class FrameSlot:
    """Holds at most one frame. ``put`` may be called from any thread, all else on the event loop."""

    def __init__(self, on_refused: Callable[[Frame], None]) -> None:
        """``on_refused`` is told, on the event loop, of each frame that a newer one replaced."""
        self._loop = asyncio.get_running_loop()
        self._on_refused = on_refused
        self._lock = threading.Lock()
        self._frame: Frame | None = None
        self._closed = False
        self._filled = asyncio.Event()

    def put(self, frame: Frame) -> None:
        """Offer the newest frame; ignored once closed."""
        with self._lock:
            if self._closed:
                return
            replaced, self._frame = self._frame, frame
            # Under the lock, so that no call is scheduled after close() returned.
            self._loop.call_soon_threadsafe(self._announce, replaced)

    def put_if_empty(self, frame: Frame) -> None:
        """Offer an old frame again, unless a newer one waits already."""
        with self._lock:
            if self._closed or self._frame is not None:
                return
            self._frame = frame
        self._filled.set()

    def empty(self) -> None:
        """Forget a frame that waits; nobody is told of it."""
        with self._lock:
            self._frame = None

    async def take(self) -> Frame:
        """Wait for a frame and take it."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            with self._lock:
                frame, self._frame = self._frame, None
            if frame is not None:
                return frame

    def close(self) -> None:
        """Take no more frames."""
        with self._lock:
            self._closed = True
            self._frame = None

    def _announce(self, replaced: Frame | None) -> None:
        self._filled.set()
        if replaced is not None:
            self._on_refused(replaced)

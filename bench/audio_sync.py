"""``make bench-audio-sync``: how far apart picture and sound of one instant are in Chromium.

A test source flashes and beeps at the same instants, as a live source does, and a real browser notes when it shows the
flash (requestVideoFrameCallback, the expected display time) and when it plays the beep (Web Audio, mapped to the output
by getOutputTimestamp). Both with the sound in the picture's media stream (``lip_sync``) and apart from it.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog
from playwright.async_api import Browser, Route, async_playwright

from bench.node_process import CHROMIUM_FLAGS, chromium_path
from edge_render.frame import Frame, FrameTimes, PixelFormat
from edge_render.pose import Pose
from stream import AiortcPeer, PeerEvents, StreamSettings
from stream.audio.audio_source import LiveAudio, LiveCoder
from stream.audio.opus import PACKET_NS, PACKET_SAMPLES, SAMPLE_RATE_HZ
from stream.codec.encoder_probe import X264

SECONDS = 20.0
FLASH_S = 0.1
FPS = 30
SIZE = (640, 368)
BEEP_HZ = 1000.0
BEEP_LEVEL = 0.5
SETTLED_S = 5.0
"""The browser's buffers find their size in the first seconds; what is measured in these is left out."""
PAIRED_WITHIN_MS = 450.0
URL = "http://localhost/audio-sync"
"""Nothing is served there: Playwright answers. A page of localhost is trusted with an AudioWorklet."""
DETECTED_LATE_MS, DETECTED_EARLY_MS = 125.0, 45.0
"""Sound that is later or earlier than that is noticed (ITU-R BT.1359-1)."""
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class SyncFigures:
    """Milliseconds; above 0: the sound is late."""

    offsets: list[float]
    """One for each flash whose beep was heard."""
    own_account: float | None
    """By Chromium's estimatedPlayoutTimestamp of the two streams, median."""


def pair(seen_ms: Sequence[float], heard_ms: Sequence[float]) -> list[float]:
    """For each flash, how much later its beep was heard; flashes without one are left out. Both are a second apart."""
    offsets = []
    for flash_ms in seen_ms:
        nearest_ms = min(heard_ms, key=lambda beep_ms: abs(beep_ms - flash_ms), default=None)
        if nearest_ms is not None and abs(nearest_ms - flash_ms) < PAIRED_WITHIN_MS:
            offsets.append(nearest_ms - flash_ms)
    return offsets


class FlashAndBeep:
    """A live source: from ``origin_ns`` on it flashes and beeps at the beginning of each second."""

    def __init__(self, peer: AiortcPeer) -> None:
        self._peer = peer
        self._sound = LiveAudio()
        self._origin_ns = time.monotonic_ns()
        peer.play(self._sound.listen())

    async def run(self) -> None:
        """Ends by cancellation."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._flash(), name="pictures")
            tasks.create_task(self._beep(), name="sound")

    async def _flash(self) -> None:
        count = 0
        while True:
            instant_ns = self._origin_ns + count * _NS_PER_S // FPS
            await _until(instant_ns)
            self._peer.put_frame(_picture(instant_ns, bright=count % FPS < FLASH_S * FPS))
            count += 1

    async def _beep(self) -> None:
        coder = LiveCoder()
        count = 0
        while True:
            await _until(self._origin_ns + (count + 1) * PACKET_NS)  # the samples exist once they have been heard
            seconds = (count * PACKET_SAMPLES + np.arange(PACKET_SAMPLES)) / SAMPLE_RATE_HZ
            beep = BEEP_LEVEL * np.sin(2.0 * np.pi * BEEP_HZ * seconds) * (seconds % 1.0 < FLASH_S)
            samples = np.repeat(beep.astype(np.float32)[:, np.newaxis], 2, axis=1)
            for packet in coder.code(samples, self._origin_ns + count * PACKET_NS):
                self._sound.put(packet)
            count += 1


def _picture(instant_ns: int, *, bright: bool) -> Frame:
    width, height = SIZE
    pixels = np.full((height, width, 4), 235 if bright else 20, np.uint8)
    times = FrameTimes(instant_ns, instant_ns, 0.0, 0.0)
    return Frame(pixels, PixelFormat.RGBA, width, height, Pose((0, 0, 0), (0, 0, 0, 1)), 0, False, times)


async def _until(instant_ns: int) -> None:
    await asyncio.sleep(max(0, instant_ns - time.monotonic_ns()) / _NS_PER_S)


async def measure(browser: Browser, *, lip_sync: bool, seconds: float = SECONDS) -> SyncFigures:
    """One visitor, in a page of its own."""
    settings = StreamSettings(lip_sync=lip_sync)
    events = PeerEvents(
        on_state=lambda _state, _reason: None,
        on_message=lambda _channel, _data: None,
        on_channel_open=lambda _channel: None,
        on_frame_sent=lambda _sent: None,
        on_refused=lambda _frame: None,
        on_alive=lambda: None,
    )
    async with AsyncExitStack() as stack:
        peer = AiortcPeer(events, (X264,), settings)
        stack.push_async_callback(peer.close, "measured")
        page = await browser.new_page()
        stack.push_async_callback(page.close)
        await page.route(URL, _serve_nothing)
        await page.goto(URL)
        await page.expose_function("answer", peer.answer)
        await page.add_script_tag(content=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        source = tasks.create_task(FlashAndBeep(peer).run(), name="flash-and-beep")
        await page.evaluate("async () => { window.visitor = await visit(window.answer); }")
        await asyncio.sleep(SETTLED_S)
        since_ms = float(await page.evaluate("performance.now()"))
        accounts = []
        for _ in range(round(seconds)):
            await asyncio.sleep(1.0)
            accounts.append(await page.evaluate("visitor.ownAccount()"))
        seen, heard = await page.evaluate("[visitor.seen, visitor.heard]")
        source.cancel()
    known = [float(account) for account in accounts if account is not None]
    offsets = pair([ms for ms in seen if ms >= since_ms], heard)
    return SyncFigures(offsets, statistics.median(known) if known else None)


async def _serve_nothing(route: Route) -> None:
    await route.fulfill(content_type="text/html", body="<!doctype html><title>audio sync</title>")


async def _main() -> None:
    flags = [*CHROMIUM_FLAGS, "--autoplay-policy=no-user-gesture-required"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=flags)
        print("sound after picture in Chromium, ms (below 0: before)")
        print(f"{'':<34}{'median':>9}{'least':>9}{'most':>9}{'heard':>7}{'own account':>13}")
        for label, lip_sync in (("apart (default)", False), ("one media stream (lip_sync)", True)):
            figures = await measure(browser, lip_sync=lip_sync)
            print(f"{label:<34}{_row(figures)}")
        await browser.close()
    bounds = f"{DETECTED_LATE_MS:g} ms late or {DETECTED_EARLY_MS:g} ms early"
    print(f"\nnoticed where it is more than {bounds} (ITU-R BT.1359-1)")


def _row(figures: SyncFigures) -> str:
    offsets = figures.offsets
    if not offsets:
        return f"{'nothing was heard':>27}"
    columns = (statistics.median(offsets), min(offsets), max(offsets))
    own = "unknown" if figures.own_account is None else f"{figures.own_account:.1f}"
    return "".join(f"{value:>9.1f}" for value in columns) + f"{len(offsets):>7}{own:>13}"


def main() -> None:
    """Measure and print."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    asyncio.run(_main())


if __name__ == "__main__":
    main()

"""What live video costs and how late it is: one camera, decoded once, drawn for 1, 4 and 8 visitors.

The camera is a process of its own: its pictures carry the instant at which they were made, as a strip of dark and light
cells around the horizon, and go over RTSP. Each visitor's drawn pictures are read back as they would be sent; the strip
in them tells their age. CPU time is that of the node's part alone: receiving, decoding, drawing, read-back.
"""

from __future__ import annotations

import itertools
import math
import multiprocessing
import os
import platform
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

import numpy as np
from numpy.typing import NDArray

from bench.browser import percentile
from bench.live_camera import RtspCamera, Unit, h264_units
from bench.nobody import Nobody
from edge_render.frame import Frame, PixelFormat
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from edge_render.look_around import EYE
from edge_render.pose import Pose
from edge_render.render_loop import RenderLoop
from edge_render.renderer import View
from edge_render.video.source import VideoSource
from edge_render.video.sphere import VideoSphere

WIDTH, HEIGHT = 2560, 1280
FPS = 25
VIEW_SIZE = (640, 360)
FOV_RAD = math.radians(75.0)
VISITORS = (0, 1, 4, 8)
WARM_UP_S, MEASURED_S = 4.0, 12.0

CELLS = 24
"""Milliseconds, modulo 2 ** 20, above a check of 4 bits."""
CELL_DEG = 2.5
COPIES = 4
"""So often the strip stands around the horizon: visitors who look there see one whole."""
CELL_ROWS = 40
DARK, LIGHT = 48, 200


def stamp_bits(at_ms: int) -> list[int]:
    """The cells of an instant, the first the highest."""
    value = at_ms & 0xFFFFF
    value = value << 4 | _check(value)
    return [value >> place & 1 for place in reversed(range(CELLS))]


def stamped_ms(bits: list[int]) -> int | None:
    """The instant of cells, None where they were misread."""
    value = int("".join(map(str, bits)), 2)
    return value >> 4 if _check(value >> 4) == value & 15 else None


def _check(value: int) -> int:
    return (value * 0x9E3779B1 & 0xFFFFFFFF) >> 28


def camera_units() -> Iterator[Unit]:
    """What the camera sends, without end."""
    return h264_units(camera_pictures(), (WIDTH, HEIGHT), FPS, gop=FPS, bit_rate=8_000_000)


def camera_pictures() -> Iterator[NDArray[np.uint8]]:
    """Noise that drifts, so that the decoder has work to do, and the strips. Each is made when it is asked for."""
    coarse = np.random.default_rng(1).integers(70, 180, (HEIGHT // 16, WIDTH // 16), np.uint8)
    picture = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    background = coarse.repeat(16, axis=0).repeat(16, axis=1)
    columns = round(CELL_DEG / 360.0 * WIDTH)
    middle = slice(HEIGHT // 2 - CELL_ROWS // 2, HEIGHT // 2 + CELL_ROWS // 2)
    for number in itertools.count():
        picture[:HEIGHT] = np.roll(background, 2 * number, axis=1)
        cells = np.where(np.array(stamp_bits(time.monotonic_ns() // 1_000_000)), LIGHT, DARK).astype(np.uint8)
        strip = cells.repeat(columns)
        for copy in range(COPIES):
            first = round((copy + 0.5) / COPIES * WIDTH) - len(strip) // 2
            picture[middle, first : first + len(strip)] = strip
        yield picture


def _camera(told: Connection) -> None:
    """The camera's process, until its parent closes the pipe."""
    with RtspCamera(camera_units, FPS) as camera:
        told.send(camera.address)
        told.poll(None)


@dataclass(slots=True)
class Looker:
    """A visitor who looks at one of the strips."""

    number: int
    pictures: int = 0
    ages_ms: list[int] = field(default_factory=list)
    misread: int = 0

    def view(self) -> View:
        yaw_deg = 180.0 - (self.number % COPIES + 0.5) / COPIES * 360.0
        pose = Pose.from_yaw_pitch(EYE, math.radians(yaw_deg), 0.0)
        return View(pose, FOV_RAD, *VIEW_SIZE)

    def take(self, frame: Frame) -> None:
        """The sink of a ticket. Called on the GL thread."""
        self.pictures += 1
        at_ms = time.monotonic_ns() // 1_000_000
        made_ms = stamped_ms(read_cells(frame.pixels, *VIEW_SIZE))
        if made_ms is None:
            self.misread += 1
        else:
            self.ages_ms.append((at_ms - made_ms) & 0xFFFFF)


def read_cells(pixels: NDArray[np.uint8], width: int, height: int) -> list[int]:
    """The strip in the middle of an I420 picture: perspective draws the outer cells wider."""
    degrees = (np.arange(CELLS) - (CELLS - 1) / 2.0) * CELL_DEG
    half_width = math.tan(FOV_RAD / 2.0) * width / height
    columns = ((np.tan(np.radians(degrees)) / half_width + 1.0) / 2.0 * width).astype(int)
    return [int(value > (DARK + LIGHT) / 2) for value in pixels[height // 2, columns]]


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one number of visitors."""

    visitors: int
    pictures_per_s: float
    """Of each visitor."""
    decoded_per_s: float
    decode_ms: float
    cpu_cores: float
    ages_ms: list[int]
    misread: int


def measure(address: str, visitors: int) -> Row:
    """One number of visitors, at a source of their own."""
    source = VideoSource(address)
    source.start()
    ended = threading.Event()

    def poll() -> None:
        """Nobody draws: have all decoded nevertheless, to see what that alone costs."""
        while not ended.wait(1.0):
            source.look()

    lookers = [Looker(number) for number in range(visitors)]
    polling = threading.Thread(target=poll)
    with RenderLoop(lambda: GlRenderer(GlContext.open(), PixelFormat.I420), Nobody()) as loop:
        handle = loop.load(VideoSphere("camera", source)).result()
        tickets = [loop.attach(handle, looker.take, 60.0, print) for looker in lookers]
        for ticket, looker in zip(tickets, lookers, strict=True):
            ticket.want(looker.view(), 0, time.monotonic_ns())
        polling.start()
        time.sleep(WARM_UP_S)
        for looker in lookers:
            looker.pictures, looker.misread = 0, 0
            looker.ages_ms.clear()
        before, cpu_s, began_s = source.figures, time.process_time(), time.monotonic()
        time.sleep(MEASURED_S)
        after, cpu_s, took_s = source.figures, time.process_time() - cpu_s, time.monotonic() - began_s
        for ticket in tickets:
            ticket.close()
        source.close()
    ended.set()
    polling.join()
    decoded = after.pictures_decoded - before.pictures_decoded
    return Row(
        visitors,
        sum(looker.pictures for looker in lookers) / max(1, visitors) / took_s,
        decoded / took_s,
        (after.decode_s - before.decode_s) / max(1, decoded) * 1e3,
        cpu_s / took_s,
        [age for looker in lookers for age in looker.ages_ms],
        sum(looker.misread for looker in lookers),
    )


def main() -> None:
    """Print the table."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    camera = context.Process(target=_camera, args=(there,), daemon=True)
    camera.start()
    address = here.recv()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores; camera {WIDTH}x{HEIGHT} at {FPS}/s, H.264, RTSP over TCP; ",
        end="",
    )
    print(f"views {VIEW_SIZE[0]}x{VIEW_SIZE[1]}, drawn and read back, not encoded")
    print("the camera's own encoding runs on the same machine, and is in the delay\n")
    print("| visitors | pictures/s each | decoded/s | decode ms | CPU cores | more per visitor | delay p50 / p95 ms |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    alone = None
    for visitors in VISITORS:
        row = measure(address, visitors)
        alone = row.cpu_cores if alone is None else alone
        share = f"{(row.cpu_cores - alone) / visitors:.2f}" if visitors else "-"
        ages = [float(age) for age in row.ages_ms]
        delay = f"{percentile(ages, 0.5):.0f} / {percentile(ages, 0.95):.0f}" if ages else "-"
        print(
            f"| {visitors} | {row.pictures_per_s:.1f} | {row.decoded_per_s:.1f} | {row.decode_ms:.1f} "
            f"| {row.cpu_cores:.2f} | {share} | {delay} |"
        )
        if row.misread:
            print(f"  {row.misread} strips were misread")
    here.close()
    camera.terminate()
    camera.join()


if __name__ == "__main__":
    main()

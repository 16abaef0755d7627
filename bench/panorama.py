"""``make bench-panorama``: what a panorama of the largest size costs: to open, the first time and later, and to draw.

The pictures are made here, 16384x8192, with fine detail all over. Each is opened in a process of its own, so that the
most memory that this took is known.
"""

from __future__ import annotations

import json
import logging
import math
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray
from PIL import Image

from edge_render.derived_cache import DerivedCache
from edge_render.frame import PixelFormat
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from edge_render.look_around import EYE
from edge_render.panorama.content import Panorama, load_panorama
from edge_render.panorama.spec import Layout
from edge_render.pose import Pose
from edge_render.renderer import View

SIZE = (16384, 8192)
VIEW_PX = (1280, 720)
FOV_Y_RAD = math.radians(75.0)
TURN_FRAMES = 240
TURN_RAD = math.tau


@dataclass(frozen=True, slots=True)
class Opening:
    """Of one picture file."""

    seconds: float
    peak_mb: float
    tiles_mb: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """Of a full turn, and of what is there after it."""

    load_ms: float
    first_ms: float
    settled_ms: float
    """From the first picture to the one in which no tile is missing."""
    still_ms: float
    turning_ms: float
    turning_worst_ms: float
    resident_mb: float
    room_mb: float


def main() -> None:
    """Measure and print."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    if len(sys.argv) == 3:
        print(json.dumps(asdict(_open(Path(sys.argv[1]), Path(sys.argv[2]))[1])))
        return
    print(f"{platform.machine()}, {os.cpu_count()} cores; {SIZE[0]}x{SIZE[1]}; drawn at {VIEW_PX[0]}x{VIEW_PX[1]}\n")
    print(f"{'file':<8}{'MB':>6}{'first s':>9}{'peak MB':>9}{'tiles MB':>10}{'again s':>9}{'peak MB':>9}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cache = folder / "cache"
        files = [_written(folder, kind) for kind in ("jpg", "png", "hdr")]
        for file in files:
            first, again = _opened_apart(file, cache), _opened_apart(file, cache)
            print(f"{file.suffix[1:]:<8}{file.stat().st_size / 1e6:>6.0f}{first.seconds:>9.1f}", end="")
            print(f"{first.peak_mb:>9.0f}{first.tiles_mb:>10.0f}{again.seconds:>9.2f}{again.peak_mb:>9.0f}")
        print()
        for file in (files[0], files[2]):
            _print_drawing(file.suffix[1:], measure_drawing(_open(file, cache)[0]))


def _print_drawing(kind: str, drawing: Drawing) -> None:
    print(f"{kind}: on the GPU after {drawing.load_ms:.0f} ms; first picture {drawing.first_ms:.1f} ms, ", end="")
    print(f"all tiles there {drawing.settled_ms:.0f} ms later")
    print(f"  a still picture {drawing.still_ms:.1f} ms; while turning {drawing.turning_ms:.1f} ms, ", end="")
    print(f"the slowest {drawing.turning_worst_ms:.1f} ms")
    print(f"  tiles on the GPU after a full turn: {drawing.resident_mb:.0f} MB of {drawing.room_mb:.0f} MB")


def measure_drawing(panorama: Panorama) -> Drawing:
    """Draw it on this machine's best device."""
    renderer = GlRenderer(GlContext.open(), PixelFormat.RGBA)
    try:
        began = time.perf_counter()
        handle = renderer.load(panorama)
        loaded = time.perf_counter()
        view = View(Pose.from_yaw_pitch(EYE, 0.0, 0.1), FOV_Y_RAD, *VIEW_PX, still=True)
        first_ms = renderer.draw(handle, view).draw_ms
        shown = time.perf_counter()
        while renderer.changing(handle, view):
            renderer.draw(handle, view)
        settled = time.perf_counter()
        still_ms = statistics.median(renderer.draw(handle, view).draw_ms for _ in range(15))
        turning = []
        for frame in range(TURN_FRAMES):
            pose = Pose.from_yaw_pitch(EYE, frame / TURN_FRAMES * TURN_RAD, 0.1)
            turning.append(renderer.draw(handle, replace(view, pose=pose, still=False)).draw_ms)
        return Drawing(
            load_ms=(loaded - began) * 1e3,
            first_ms=first_ms,
            settled_ms=(settled - shown) * 1e3,
            still_ms=still_ms,
            turning_ms=statistics.median(turning),
            turning_worst_ms=max(turning),
            resident_mb=renderer.tiles.resident_bytes / 1e6,
            room_mb=renderer.tiles.gpu_bytes / 1e6,
        )
    finally:
        renderer.close()


def _open(image: Path, cache: Path) -> tuple[Panorama, Opening]:
    began = time.perf_counter()
    panorama = load_panorama(image.stem, image, Layout.MONO, 1.0, DerivedCache(cache))
    seconds = time.perf_counter() - began
    return panorama, Opening(seconds, _peak_mb(), panorama.tiles.size_bytes / 1e6)


def _peak_mb() -> float:
    """The most memory of this process so far, or of one that it started. Of itself, getrusage would tell what this
    process inherited from who started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    own_kb = int(next(line for line in lines if line.startswith("VmHWM:")).split()[1])
    return max(own_kb, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) * 1024 / 1e6


def _opened_apart(image: Path, cache: Path) -> Opening:
    command = [sys.executable, "-m", "bench.panorama", str(image), str(cache)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Opening(**json.loads(done.stdout))


def _written(folder: Path, kind: str) -> Path:
    path = folder / f"panorama.{kind}"
    if kind == "hdr":
        width, height = SIZE
        head = f"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y {height} +X {width}\n".encode()
        lines = [_scanline(row) for row in _light_rows(64)]
        path.write_bytes(head + b"".join(lines[row % len(lines)] for row in range(height)))
        return path
    picture = Image.fromarray(_detailed())
    picture.save(path, quality=92) if kind == "jpg" else picture.save(path, compress_level=1)
    return path


def _detailed() -> NDArray[np.uint8]:
    """Soft colours, a fine grid of lines, a little noise."""
    width, height = SIZE
    random = np.random.default_rng(1)
    soft = Image.fromarray(random.integers(0, 240, (height // 16, width // 16, 3), dtype=np.uint8))
    pixels = np.array(soft.resize(SIZE, Image.Resampling.BICUBIC))
    pixels[::64] = 255
    pixels[:, ::64] = 0
    pixels += random.integers(0, 6, (height, width, 1), dtype=np.uint8)
    return pixels


def _light_rows(rows: int) -> NDArray[np.uint8]:
    width = SIZE[0]
    values = np.random.default_rng(1).integers(60, 256, (rows, width, 4), dtype=np.uint8)
    values[..., 3] = 128 + np.arange(width) // 512 % 6
    return values


def _scanline(row: NDArray[np.uint8]) -> bytes:
    """As Radiance codes what has no runs: stretches of 128 bytes."""
    width = len(row)
    out = bytearray((2, 2, width >> 8, width & 255))
    for plane in row.T:
        for at in range(0, width, 128):
            part = plane[at : at + 128].tobytes()
            out += bytes((len(part),)) + part
    return bytes(out)


if __name__ == "__main__":
    main()

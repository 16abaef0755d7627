"""Cutting a picture into tiles in a process of its own: that takes a gigabyte and all cores for a while, and decoders
may crash on hostile files; the service notices none of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from edge_render.errors import PackageError
from edge_render.panorama.spec import Layout
from edge_render.panorama.tiling_process import REFUSED

MEMORY_MAX_BYTES: Final = 5 * 1024**3
"""Of address space, most of which is never touched; see docs/operations.md for what is."""
TIME_MAX_S: Final = 900.0


def write_tiles_apart(
    image: Path,
    layout: Layout,
    folder: Path,
    memory_max_bytes: int = MEMORY_MAX_BYTES,
    time_max_s: float = TIME_MAX_S,
) -> None:
    """Do what edge_render.panorama.tiler.write_tiles does. Raises PackageError, also where the process dies."""
    program = (sys.executable, "-m", "edge_render.panorama.tiling_process")
    command = [*program, str(image), str(layout), str(folder), str(memory_max_bytes)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=time_max_s, check=False)
    except subprocess.TimeoutExpired:
        raise PackageError(f"{image.name}: could not be cut into tiles within {time_max_s:g} s") from None
    if done.returncode == REFUSED and done.stdout:
        raise PackageError(done.stdout)
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise PackageError(f"{image.name}: cutting it into tiles ended with status {done.returncode}: {last[0][:300]}")

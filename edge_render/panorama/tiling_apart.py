"""Cutting a picture into tiles in a process of its own: that takes a gigabyte and all cores for a while, and decoders
may crash on hostile files; the service notices none of it."""

from __future__ import annotations

import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

from edge_render.errors import PackageError
from edge_render.panorama.spec import Layout
from edge_render.panorama.tiling_process import REFUSED

MEMORY_MAX_BYTES: Final = 5 * 1024**3
"""Of address space, most of which is never touched; see docs/operations.md for what is."""
TIME_MAX_S: Final = 900.0
_BEAT_S: Final = 0.5
_LINE_MAX_BYTES: Final = 4096


def write_tiles_apart(
    image: Path,
    layout: Layout,
    folder: Path,
    on_progress: Callable[[float], None] = lambda _done: None,
    memory_max_bytes: int = MEMORY_MAX_BYTES,
    time_max_s: float = TIME_MAX_S,
) -> None:
    """Do what edge_render.panorama.tiler.write_tiles does. Raises PackageError, also where the process dies.

    ``on_progress`` is told at least twice a second how much is done, from 0 to 1; what it raises ends the process, and
    is raised again.
    """
    # -P: else modules would come from the folder that somebody happens to be in, such as a package's.
    program = (sys.executable, "-P", "-m", "edge_render.panorama.tiling_process")
    command = [*program, str(image), str(layout), str(folder), str(memory_max_bytes)]
    deadline_s = time.monotonic() + time_max_s
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, bufsize=0) as process,
    ):
        try:
            said = _listen(process, deadline_s, on_progress)
            status = process.wait(max(0.0, deadline_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise PackageError(f"{image.name}: could not be cut into tiles within {time_max_s:g} s") from None
        finally:
            process.kill()
        if status == REFUSED and said:
            raise PackageError(said)
        if status != 0:
            last = _last_line(complaints) or "it said nothing"
            raise PackageError(f"{image.name}: cutting it into tiles ended with status {status}: {last[:300]}")


def _listen(process: subprocess.Popen[bytes], deadline_s: float, on_progress: Callable[[float], None]) -> str:
    """Until the process has nothing more to say; returns what it said at last that is no progress."""
    assert process.stdout is not None, "it is a pipe"
    done, said, begun = 0.0, "", b""
    while True:
        wait_s = deadline_s - time.monotonic()
        if wait_s <= 0.0:
            raise subprocess.TimeoutExpired(process.args, 0.0)
        if select.select([process.stdout], [], [], min(_BEAT_S, wait_s))[0]:
            heard = process.stdout.read(_LINE_MAX_BYTES)
            if not heard:
                return said
            *lines, begun = (begun + heard).split(b"\n")
            begun = begun[:_LINE_MAX_BYTES]
            for line in lines:
                try:
                    done = min(1.0, max(done, float(line)))
                except ValueError:
                    said = line.decode("utf-8", "replace")
        on_progress(done)


def _last_line(complaints: IO[bytes]) -> str:
    complaints.seek(0)
    lines = complaints.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""

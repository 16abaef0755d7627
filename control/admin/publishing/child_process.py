"""Processes of the admin that read what others have made: confined, with nothing of the admin's secrets."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

_KEPT: Final = ("PATH", "LD_LIBRARY_PATH")
_KEPT_PREFIXES: Final = ("NVIDIA_", "__EGL_", "__GLX_", "EGL_", "LIBGL_", "MESA_", "GALLIUM_", "LP_")
"""What graphics drivers are told by."""
_PYTHON: Final = (sys.executable, "-I")
"""Isolated: no modules from the folder that it runs in, which may be of others."""
EDGE_RENDER: Final = (*_PYTHON, "-c", "from control.cli import main; main()")


@dataclass(frozen=True, slots=True)
class Limits:
    """Of each process that it is made of. ``cpu_s`` is time of a processor, all its threads added up."""

    memory_bytes: int
    cpu_s: int


@dataclass(frozen=True, slots=True)
class Confined:
    """A process. What it says goes to files in its folder, which are read as they were opened: under their names it
    may have put a link, or a pipe that nobody writes to."""

    process: asyncio.subprocess.Process
    stdout: IO[bytes]
    stderr: IO[bytes]

    def said(self, most_bytes: int) -> bytes | None:
        """Its output; None where that is longer."""
        data = os.pread(self.stdout.fileno(), most_bytes + 1, 0)
        return data if len(data) <= most_bytes else None

    def complained(self, most_bytes: int = 2000) -> str:
        """The end of its error output, for the log."""
        descriptor = self.stderr.fileno()
        start = max(0, os.fstat(descriptor).st_size - most_bytes)
        return os.pread(descriptor, most_bytes, start).decode(errors="replace")


@asynccontextmanager
async def confined_process(
    command: Sequence[str], folder: Path, limits: Limits, *, offline: bool, pass_fds: Sequence[int] = ()
) -> AsyncIterator[Confined]:
    """Run a command in ``folder``, where its output goes too: to new files, so that no second command may run there
    after one that could have put links in their place. It and all that it started is killed when this is left. Call it
    on the main thread: it ends with the thread that started it."""
    confined = (
        *_PYTHON, "-m", "control.admin.publishing.confined", "--parent", str(os.getpid()),
        "--memory-bytes", str(limits.memory_bytes), "--cpu-s", str(limits.cpu_s),
        *(["--offline"] if offline else []), "--", *command,
    )  # fmt: skip
    with (folder / "stdout").open("x+b") as stdout, (folder / "stderr").open("x+b") as stderr:
        process = await asyncio.create_subprocess_exec(
            *confined,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            cwd=folder,
            env=_environment(folder),
            start_new_session=True,
            pass_fds=pass_fds,
        )
        try:
            yield Confined(process, stdout, stderr)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith(_KEPT_PREFIXES)}
    home = str(folder)
    # What it starts is not isolated by itself: PYTHONSAFEPATH keeps that from the folder's modules.
    own = {"HOME": home, "TMPDIR": home, "XDG_CACHE_HOME": home, "LC_ALL": "C.UTF-8", "PYTHONSAFEPATH": "1"}
    return {**kept, **own}

"""Shows how far a command is: bars on a terminal, plain lines elsewhere. All of it on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TextIO

from control.admin_client.progress import Progress
from control.admin_client.sizes import size_text

if TYPE_CHECKING:
    from rich.console import Console

_LINES_PER_BAR: Final = 10
_LINE_EVERY_S: Final = 10.0


def command_progress() -> Progress:
    """The one for where standard error leads to."""
    if not sys.stderr.isatty():
        return PlainProgress(sys.stderr)
    from rich.console import Console

    return TerminalProgress(Console(stderr=True))


def shown(line: str) -> str:
    """Without control characters: names and messages come from elsewhere, and a terminal obeys some."""
    return "".join(char if char.isprintable() else "?" for char in line)


class PlainProgress:
    """Lines for a log: a tenth of the bytes each, and what somebody else does every few seconds."""

    def __init__(self, out: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._clock = clock

    def say(self, line: str) -> None:
        self._out.write(f"{shown(line)}\n")
        self._out.flush()

    @contextmanager
    def moving(self, what: str, total_bytes: int) -> Iterator[Callable[[int], None]]:
        moved = told = 0

        def advance(size_bytes: int) -> None:
            nonlocal moved, told
            moved += size_bytes
            tenths = _LINES_PER_BAR * moved // max(1, total_bytes)
            if tenths > told:
                told = tenths
                self.say(f"{what}: {size_text(moved)} of {size_text(total_bytes)}")

        yield advance

    @contextmanager
    def waiting(self, what: str) -> Iterator[Callable[[str], None]]:
        told, told_at = "", self._clock() - _LINE_EVERY_S

        def tell(text: str) -> None:
            nonlocal told, told_at
            if text != told and self._clock() - told_at >= _LINE_EVERY_S:
                told, told_at = text, self._clock()
                self.say(f"{what}: {text}")

        yield tell


class TerminalProgress:
    """Bars and a line that changes, drawn by rich."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, line: str) -> None:
        self._console.print(shown(line), markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def moving(self, what: str, total_bytes: int) -> Iterator[Callable[[int], None]]:
        from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
        from rich.progress import Progress as Bars

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        with Bars(*columns, console=self._console) as bars:
            task = bars.add_task(what, total=total_bytes)
            yield lambda size_bytes: bars.advance(task, size_bytes)

    @contextmanager
    def waiting(self, what: str) -> Iterator[Callable[[str], None]]:
        from rich.text import Text

        with self._console.status(Text(what)) as status:
            yield lambda text: status.update(Text(shown(f"{what}: {text}")))

"""One program of the control plane as a child process, with its log in a file."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from bench.cluster.errors import ProgramFailed

STOP_TIMEOUT_S: Final = 10.0
_TAIL_LINES: Final = 15


class Program:
    """Started and stopped any number of times; its log goes on in the same file."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self._command = list(command)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        return Path(self._command[0]).name

    def start(self) -> None:
        """It may take a while until it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def check(self) -> None:
        """Raises ProgramFailed where it has ended."""
        if self._process is not None and (status := self._process.poll()) is not None:
            raise ProgramFailed(f"{self.name} ended with status {status}; its last lines:\n{self.last_lines()}")

    def last_lines(self) -> str:
        """Of its log."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])

    def kill(self) -> None:
        """End it without a goodbye."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """Ask it to end, and make it end where it does not."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):  # nothing is lost: what it kept goes with its folder
                self._process.wait(timeout=STOP_TIMEOUT_S)
        self.kill()

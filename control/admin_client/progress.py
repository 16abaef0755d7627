"""What is told while something takes long; ``control.commands.command_progress`` shows it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol


class Progress(Protocol):
    """For people who watch. From the event loop alone."""

    def say(self, line: str) -> None:
        """Something was done."""

    def moving(self, what: str, total_bytes: int) -> AbstractContextManager[Callable[[int], None]]:
        """While bytes move; what is given is called with how many more have."""

    def waiting(self, what: str) -> AbstractContextManager[Callable[[str], None]]:
        """While somebody else works; what is given is called with how they get on."""

"""A progress that nobody watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class QuietProgress:
    """See ``control.admin_client.progress.Progress``."""

    def say(self, line: str) -> None: ...

    @contextmanager
    def moving(self, what: str, total_bytes: int) -> Iterator[Callable[[int], None]]:
        yield lambda _size_bytes: None

    @contextmanager
    def waiting(self, what: str) -> Iterator[Callable[[str], None]]:
        yield lambda _text: None

"""What is told while something takes long, on a terminal and in a log."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from control.admin_client.progress import Progress
from control.admin_client.sizes import size_text
from control.commands.command_progress import PlainProgress, TerminalProgress, command_progress, shown


def test_a_log_gets_a_line_for_each_tenth() -> None:
    out = io.StringIO()
    with PlainProgress(out).moving("uploading", 1_000_000) as moved:
        for _ in range(1000):
            moved(1000)
    lines = out.getvalue().splitlines()
    assert len(lines) == 10
    assert (lines[0], lines[-1]) == ("uploading: 100 kB of 1 MB", "uploading: 1 MB of 1 MB")


def test_a_log_gets_what_is_waited_for_now_and_then() -> None:
    out, now = io.StringIO(), 0.0
    with PlainProgress(out, lambda: now).waiting("lounge-1") as told:
        for second in range(25):
            now = float(second)
            told("fetching" if second < 12 else "warming")
    assert out.getvalue().splitlines() == ["lounge-1: fetching", "lounge-1: warming"]


def test_a_terminal_gets_bars() -> None:
    out = io.StringIO()
    progress = TerminalProgress(Console(file=out, force_terminal=True, width=100))
    with progress.moving("uploading", 2_000_000) as moved:
        moved(2_000_000)
    with progress.waiting("lounge-1") as told:
        told("fetching [red]1 of 2[/red]")
    progress.say("done [bold]")
    assert "2.0/2.0 MB" in out.getvalue()
    assert "done [bold]" in out.getvalue()


def test_without_a_terminal_lines_are_plain() -> None:
    assert isinstance(command_progress(), PlainProgress)


@pytest.mark.parametrize("progress", [PlainProgress(io.StringIO()), TerminalProgress(Console(file=io.StringIO()))])
def test_nothing_to_move_is_fine(progress: Progress) -> None:
    with progress.moving("reading", 0) as moved:
        moved(0)


def test_a_terminal_is_not_told_to_do_anything() -> None:
    assert shown("a\x1b[2Jb\r网点") == "a?[2Jb?网点"


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (1234, "1.23 kB"),
        (99_949, "99.9 kB"),
        (99_951, "100 kB"),
        (123_456_789, "123 MB"),
        (999_600_000, "1 GB"),
        (5_000_000_000_000, "5000 GB"),
    ],
)
def test_sizes_are_told_with_three_digits(size_bytes: int, text: str) -> None:
    assert size_text(size_bytes) == text

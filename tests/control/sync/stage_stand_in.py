"""A node's side that draws nothing, but looks at every byte that it is given to show."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from bench.kills.news import News
from control.content.edge_api import VisitReport
from control.content.stage import Edition, EditionRefused


class StageStandIn:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.warmed: list[str] = []
        self.shown: list[tuple[tuple[str, int], ...]] = []
        """Showrooms and versions, one entry for each switch."""
        self.files: dict[str, dict[str, bytes]] = {}
        """What was read of each showroom that is shown."""
        self.refused: dict[int, str] = {}
        """Versions that can't be shown, and why."""
        self.visited: set[str] = set()
        """Releases that somebody is in."""
        self.counted: list[VisitReport] = []
        self.hold: asyncio.Event | None = None
        """Warming waits for it."""
        self.news = News()
        self._editions: Sequence[Edition] = ()

    async def warm(self, edition: Edition) -> None:
        if self.hold is not None:
            self.news.fire()
            await self.hold.wait()
        if edition.version in self.refused:
            raise EditionRefused(self.refused[edition.version])
        self.files[edition.release] = read_folder(edition.folder)
        self.warmed.append(edition.release)
        self.news.fire()

    def show(self, editions: Sequence[Edition]) -> None:
        assert all(edition.release in self.files for edition in editions), "all were warmed"
        self._editions = editions
        self.shown.append(tuple((edition.showroom, edition.version) for edition in editions))
        self.news.fire()

    def in_use(self) -> frozenset[str]:
        return frozenset(self.visited | {edition.release for edition in self._editions})

    def take_visits(self) -> VisitReport | None:
        self.news.fire()
        return self.counted.pop(0) if self.counted else None

    @property
    def visits(self) -> tuple[int, int]:
        return len(self.visited), 4

    def seen(self, showroom: str) -> dict[str, bytes]:
        """The files of a showroom as it is shown now."""
        return next(self.files[edition.release] for edition in self._editions if edition.showroom == showroom)


def read_folder(folder: Path) -> dict[str, bytes]:
    """All files, by their paths in it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

"""What the follower of a site asks of a node: the contract between downloading and showing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from control.content.edge_api import VisitReport


@dataclass(frozen=True, slots=True)
class Edition:
    """A release whose files are on disk, whole and verified. ``release`` is the digest of its signed payload."""

    showroom: str
    version: int
    release: str
    folder: Path


class EditionRefused(Exception):
    """An edition can't be shown; the message says why, for the operator. What is shown stays."""


class EditionWaits(EditionRefused):
    """It can't be shown beside what visitors are in; once they have gone, it can."""


class Stage(Protocol):
    """A node's side. All on the event loop."""

    async def warm(self, edition: Edition) -> None:
        """Open it and load its entry scene beside what is shown. Raises EditionRefused. May be called again."""

    def show(self, editions: Sequence[Edition]) -> None:
        """From now on new visits enter these, at once for all of them; the first is entered without a choice. All were
        warmed. Visits that are there stay in the edition that they entered until they end."""

    def in_use(self) -> frozenset[str]:
        """The releases that are shown, or that somebody still is in: their files must stay."""

    def take_visits(self) -> VisitReport | None:
        """What was counted of visits since the last call; None: nothing. Who takes it sends it."""

    @property
    def visits(self) -> tuple[int, int]:
        """Visits now, and at most."""

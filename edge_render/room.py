"""What content takes of a GPU's memory."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SharedRoom:
    """What all content of a kind uses together: taken with the first one, given back with the last."""

    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Room:
    """What content takes of the GPU's memory at most, about."""

    own_bytes: int
    shared: SharedRoom | None = None

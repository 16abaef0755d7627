"""The contract of a cluster: who is there. How they are, they tell themselves (see control/fleet/states)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Component(StrEnum):
    """By the label ``app.kubernetes.io/component``."""

    RENDERER = "renderer"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class Member:
    """A pod that has an address."""

    uid: str
    """What it calls itself: the audience of passes for it."""
    name: str
    """For people: the pod's."""
    url: str
    """Where it serves HTTP, without a slash at the end."""
    leaving: bool = False
    """It was told to end."""
    node: str | None = None
    deletion_cost: int | None = None
    """As it stands at the pod now (controller.kubernetes.io/pod-deletion-cost)."""


@dataclass(frozen=True, slots=True)
class Listed:
    """All who are there: replaces what was known."""

    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """Somebody has come, or is not as before."""

    member: Member


@dataclass(frozen=True, slots=True)
class Gone:
    """Somebody is no more."""

    uid: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The cluster can't be asked now; what was known stays in use. Another event follows when it can."""

    why: str


ClusterEvent = Listed | Changed | Gone | Unreachable


class Cluster(Protocol):
    """Who is there, and what is told about it."""

    def watch(self, component: Component) -> AsyncGenerator[ClusterEvent, None]:
        """Begins with Listed or Unreachable, and never ends by itself: it goes on through restarts of the API server
        and expired resource versions."""
        ...

    async def set_deletion_cost(self, member: Member, cost: int) -> None:
        """Say how costly it would be to delete the pod: those with the least go first. Raises ClusterError."""
        ...

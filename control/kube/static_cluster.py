"""A cluster of fixed members, by options: for a laptop, a few machines without Kubernetes, and tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from urllib.parse import urlsplit

from control.kube.cluster import ClusterEvent, Component, Listed, Member
from control.kube.errors import ClusterError


class StaticCluster:
    """Keeps the contract of ``Cluster``."""

    def __init__(self, renderers: Sequence[Member], gateways: Sequence[Member] = ()) -> None:
        self._members = {Component.RENDERER: tuple(renderers), Component.GATEWAY: tuple(gateways)}

    async def watch(self, component: Component) -> AsyncGenerator[ClusterEvent, None]:
        """Says once who is there."""
        yield Listed(self._members[component])
        await asyncio.get_running_loop().create_future()

    async def set_deletion_cost(self, member: Member, cost: int) -> None:
        """Nobody deletes anything here."""


def static_member(text: str) -> Member:
    """Of ``NAME=URL``, as options have it; NAME is what it calls itself (--fleet-name). Raises ClusterError."""
    name, equals, url = text.partition("=")
    parts = urlsplit(url)
    if not (name and equals and parts.hostname and parts.scheme in ("http", "https")):
        raise ClusterError(f"'{text}' should look like NAME=http://HOST:PORT")
    return Member(uid=name, name=name, url=url.rstrip("/"))

"""Which pods to give another deletion cost now, so that those with the fewest visitors go first. Pure.

Each patch is a write to the cluster's database, so the cost is coarse, no pod is patched often, and few are at a time,
those first that are the most wrong. All gateways do it, without a leader: each waits for a moment of its own, sees what
another has done meanwhile, and leaves it at that; two patches at once say the same and do no harm.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Final

from control.kube.cluster import Member

PERIOD_S: Final = 5.0
"""Between two changes of one pod's cost, whoever makes them."""
SPREAD_S: Final = 2.0
"""Gateways that see the same at the same time act at different moments of this span."""
AT_ONCE: Final = 20
_EXACT: Final = 4
"""So few visitors are told exactly; of more, only two bits are."""


def cost_of(visitors: int) -> int:
    """At least as many as there are, and within a third of it: 1, 2, 3, 4, 6, 8, 12, 16, 24 …"""
    if visitors <= _EXACT:
        return visitors
    power: int = 2 ** math.floor(math.log2(visitors - 1))
    return power + power // 2 if visitors <= power + power // 2 else 2 * power


@dataclass(slots=True)
class _Pod:
    standing: int
    may_change_at: float
    """Not before: it was changed a short while ago."""
    due_at: float | None = None
    """When it is our turn; None: it is right as it is."""


class DeletionCosts:
    """What a gateway remembers of it. Times in seconds on the caller's clock."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._pods: dict[str, _Pod] = {}

    def due(self, pods: Iterable[tuple[Member, int]], now_s: float) -> list[tuple[Member, int]]:
        """Of all pods with their visitors: whose cost to set to what. It is taken to be done: it is told again only
        when the pod still has another cost after a while."""
        known, self._pods = self._pods, {}
        due: list[tuple[float, Member, int]] = []
        for member, visitors in pods:
            pod = self._pods[member.uid] = self._seen(known.get(member.uid), member, now_s)
            wanted = cost_of(visitors)
            if wanted == pod.standing:
                pod.due_at = None
            elif pod.due_at is None:
                pod.due_at = max(pod.may_change_at, now_s + self._random.uniform(0.0, SPREAD_S))
            if pod.due_at is not None and pod.due_at <= now_s:
                due.append((abs(math.log((wanted + 1) / (pod.standing + 1))), member, wanted))
        due.sort(key=lambda one: one[0], reverse=True)
        for _, member, _ in due[:AT_ONCE]:
            self._pods[member.uid].due_at = now_s + PERIOD_S
        return [(member, wanted) for _, member, wanted in due[:AT_ONCE]]

    def _seen(self, pod: _Pod | None, member: Member, now_s: float) -> _Pod:
        standing = max(0, member.deletion_cost or 0)
        if pod is None:
            return _Pod(standing, now_s)
        if pod.standing != standing:
            return _Pod(standing, now_s + PERIOD_S)
        return pod

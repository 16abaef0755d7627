"""Visits that come and go at a fleet, in simulated time: several gateways choose by what they know, which is late.

Renderers admit by what is true. Who finds no place waits until their gateway hears of one; gateways tell each other who
waits, and who came first goes first. A try takes no time: what is measured is the choice, not the network.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from statistics import fmean, pstdev
from typing import Final

from bench.allocation.dwell import Dwell
from bench.allocation.policies import Policy
from bench.allocation.simulated_renderer import COALESCE_S
from control.fleet.states import RendererState, ShownShowroom

_SHOWROOMS: Final = (ShownShowroom(name=""),)
_SAMPLES: Final = 200


@dataclass(frozen=True, slots=True)
class Setup:
    """What happens, whoever chooses."""

    load: float
    """Visits that want to be there at a time, as part of all places."""
    delay_s: float
    """How late gateways hear of a change."""
    pods: int = 1000
    capacity: int = 8
    visits: int = 10_000
    gateways: int = 3
    dwell: Dwell = field(default_factory=Dwell)
    seed: int = 1


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    tries: list[int] = field(default_factory=list)
    """Per visit that got a place at once."""
    refused: int = 0
    """Tries at renderers that were full."""
    missed: int = 0
    """Visits that were made to wait though their gateway had heard of a free place. Must be none."""
    unheard: int = 0
    """Visits that were made to wait while nobody else did, and a place was free of which nobody had heard yet."""
    waits: int = 0
    """Visits that were made to wait."""
    idle: list[float] = field(default_factory=list)
    """Part of the places that was free, over the time in which somebody waited."""
    waited_s: list[float] = field(default_factory=list)
    """Of those who had to wait and got a place."""
    spread: list[float] = field(default_factory=list)
    """Coefficient of variation of the visits per pod, over the time."""
    fullest: list[float] = field(default_factory=list)
    """The fullest pod's visits by the mean, over the time."""

    @property
    def mean_spread(self) -> float:
        return fmean(self.spread)

    @property
    def mean_fullest(self) -> float:
        return fmean(self.fullest)

    @property
    def mean_tries(self) -> float:
        return fmean(self.tries) if self.tries else 0.0

    def tries_at(self, part: float) -> int:
        """A quantile."""
        return sorted(self.tries)[math.ceil(part * len(self.tries)) - 1] if self.tries else 0

    def waited_at(self, part: float) -> float:
        """A quantile."""
        return sorted(self.waited_s)[math.ceil(part * len(self.waited_s)) - 1] if self.waited_s else 0.0


class Simulation:
    """One run; see the module."""

    def __init__(self, setup: Setup, policy: Callable[[Random], Policy]) -> None:
        self._setup = setup
        self._random = Random(setup.seed)
        self._policies = [policy(Random(setup.seed * 100 + number)) for number in range(setup.gateways)]
        self._visits = [0] * setup.pods
        self._places = setup.pods * setup.capacity
        self._uids = [f"{pod:05}" for pod in range(setup.pods)]
        self._pods = {uid: pod for pod, uid in enumerate(self._uids)}
        self._told_at = [-math.inf] * setup.pods
        self._waiting: deque[tuple[float, Policy]] = deque()
        """Since when, and at whose gateway."""
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0
        self._now_s = 0.0
        self._outcome = Outcome()

    def run(self) -> Outcome:
        """To the last arrival."""
        self._fill()
        setup = self._setup
        between_s = setup.dwell.mean_s / (setup.load * setup.pods * setup.capacity)
        at_s = self._now_s
        for number in range(setup.visits):
            at_s += self._random.expovariate(1.0 / between_s)
            self._until(at_s)
            self._arrive(self._random.randrange(setup.gateways))
            if number % max(1, setup.visits // _SAMPLES) == 0:
                self._sample()
        return self._outcome

    def _fill(self) -> None:
        """As it is after a long time: visits are there already, spread by the policy, and everything is known."""
        setup = self._setup
        settling_s = 2 * (setup.delay_s + COALESCE_S)
        for pod in range(setup.pods):
            self._tell(pod)
        self._until(settling_s)
        left = min(round(setup.load * self._places), self._places)
        while left:
            # Nobody leaves before it begins: the last to come finds as many there as the load says.
            stays_s = left * COALESCE_S + settling_s + setup.dwell.left_of_a_running_visit_s(self._random)
            left -= bool(self._place(self._policies[left % setup.gateways], stays_s))
            self._until(self._now_s + COALESCE_S)
        self._until(self._now_s + settling_s)
        self._outcome = Outcome()

    def _arrive(self, gateway: int) -> None:
        policy = self._policies[gateway]
        heard_of = policy.free_places(None) > 0
        if not self._waiting and (tries := self._place(policy, self._setup.dwell.of_a_new_visit_s(self._random))):
            self._outcome.tries.append(tries)
            return
        self._outcome.missed += heard_of and not self._waiting and policy.free_places(None) > 0
        if not self._waiting and sum(self._visits) < self._places:
            self._outcome.unheard += 1
        self._outcome.waits += 1
        self._waiting.append((self._now_s, policy))

    def _place(self, policy: Policy, stays_s: float) -> int:
        """How many tries it took; 0: there was no place."""
        for tries, uid in enumerate(policy.candidates(None), 1):
            pod = self._pods[uid]
            asked_at = policy.ask(uid)
            entered = self._visits[pod] < self._setup.capacity
            policy.answered(uid, asked_at, entered=entered, full=not entered)
            if entered:
                self._enter(pod, stays_s)
                return tries
            self._outcome.refused += 1
        return 0

    def _enter(self, pod: int, stays_s: float) -> None:
        self._visits[pod] += 1
        self._tell(pod)
        self._at(self._now_s + stays_s, lambda: self._leave(pod))

    def _leave(self, pod: int) -> None:
        self._visits[pod] -= 1
        self._tell(pod)

    def _tell(self, pod: int) -> None:
        """A line goes out at once, or with others that follow closely."""
        if self._told_at[pod] > self._now_s:
            return  # one will go out, which tells this as well
        self._told_at[pod] = max(self._now_s, self._told_at[pod] + COALESCE_S)
        self._at(self._told_at[pod], lambda: self._send(pod))

    def _send(self, pod: int) -> None:
        state = _state(self._uids[pod], self._visits[pod], self._setup.capacity)
        self._at(self._now_s + self._setup.delay_s, lambda: self._hear(self._uids[pod], state))

    def _hear(self, uid: str, state: RendererState) -> None:
        for policy in self._policies:
            policy.tell(uid, state)
        while self._waiting and self._waiting[0][1].free_places(None):
            since_s, policy = self._waiting[0]
            if self._place(policy, self._setup.dwell.of_a_new_visit_s(self._random)):
                self._waiting.popleft()
                self._outcome.waited_s.append(self._now_s - since_s)

    def _sample(self) -> None:
        mean = fmean(self._visits)
        self._outcome.spread.append(pstdev(self._visits, mean) / mean)
        self._outcome.fullest.append(max(self._visits) / mean)
        if self._waiting:
            self._outcome.idle.append(1.0 - sum(self._visits) / self._places)

    def _at(self, at_s: float, what: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._events, (at_s, self._number, what))

    def _until(self, at_s: float) -> None:
        while self._events and self._events[0][0] <= at_s:
            self._now_s, _, what = heapq.heappop(self._events)
            what()
        self._now_s = at_s


def _state(uid: str, visits: int, capacity: int) -> RendererState:
    # Without validation: half a million are made.
    return RendererState.model_construct(
        name=uid,
        ready=True,
        draining=False,
        visits=visits,
        capacity=capacity,
        followers=0,
        follower_capacity=0,
        showrooms=_SHOWROOMS,
        guides=(),
    )

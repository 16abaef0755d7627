"""Who waits for a place, at all gateways, and whose turn it is. Pure: times are seconds of the Unix epoch, by argument.

The order is by since when they wait, which their tickets say; so all gateways have the same one, whoever the visitor
comes back to. Nobody who comes later gets a place that somebody before them could have used.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

ABSENT_S: Final = 3.0
"""A place in the line is kept so long for somebody whose stream has ended: their network may be changing."""
PROMISED_S: Final = 5.0
"""So long a place is kept for somebody who was given a token: time for an offer over a slow network."""
ENTERED_MAX: Final = 1000
ENTERED_TOLD_S: Final = 6.0
"""Longer than a promise that it ends."""
TICKETS_REMEMBERED: Final = 20_000

FreePlaces = Callable[[str | None], int]
"""How many places are free for those who want to see a showroom (None: any)."""


class LineFull(Exception):
    """More can't wait here."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who waits, by the identifier of their ticket (or of their token, once they have one)."""

    id: str
    since_s: float
    showroom: str | None = None

    @property
    def order(self) -> tuple[float, str]:
        return self.since_s, self.id


@dataclass(slots=True)
class _Here:
    waiting: Waiting
    absent_since_s: float | None


@dataclass(frozen=True, slots=True)
class Told:
    """What one gateway tells the others: who waits there or was promised a place, and who has entered by it of late."""

    waiting: Sequence[Waiting] = ()
    entered: Sequence[str] = ()


@dataclass(slots=True)
class WaitingLine:
    """See the module. ``most``: how many may wait at this gateway."""

    most: int
    version: int = 0
    """Grows with every change."""
    _here: dict[str, _Here] = field(default_factory=dict)
    _there: dict[str, dict[str, Waiting]] = field(default_factory=dict)
    _promised: dict[str, tuple[Waiting, float]] = field(default_factory=dict)
    """With until when. They no longer wait."""
    _waited: set[str] = field(default_factory=set)
    """Of the promised ones those who had to wait: others are told of them, who see the place that is kept as free."""
    _entered: OrderedDict[str, float] = field(default_factory=OrderedDict)
    """By when they entered, also at other gateways: a ticket is good for one visit."""
    _entered_here: OrderedDict[str, float] = field(default_factory=OrderedDict)

    def come(self, waiting: Waiting, now_s: float, *, present: bool) -> None:
        """Somebody waits from now on, or again. Raises LineFull."""
        known = self._here.get(waiting.id)
        if known is None and len(self._here) >= self.most:
            raise LineFull(f"{self.most} wait here already")
        self._here[waiting.id] = _Here(known.waiting if known else waiting, None if present else now_s)
        self.version += 1

    def absent(self, waiting_id: str, now_s: float) -> None:
        """Their stream has ended; they may come back."""
        if known := self._here.get(waiting_id):
            known.absent_since_s = now_s

    def promise(self, waiting: Waiting, now_s: float) -> None:
        """They have a token now, and are on their way in."""
        if self._here.pop(waiting.id, None) is not None:
            self.version += 1
            self._waited.add(waiting.id)
        self._promised[waiting.id] = (waiting, now_s + PROMISED_S)

    def entered(self, waiting_id: str, now_s: float) -> None:
        """Who had that ticket or token has a visit now, which this gateway has seen to."""
        self._keep_promise(waiting_id)
        self._remember(waiting_id, now_s)
        self._entered_here[waiting_id] = now_s
        if len(self._entered_here) > ENTERED_MAX:
            self._entered_here.popitem(last=False)
        self.version += 1

    def has_entered(self, waiting_id: str) -> bool:
        return waiting_id in self._entered

    def hear(self, gateway: str, told: Told, now_s: float) -> list[str]:
        """What another gateway tells, in place of what it told before. Returns who of ours has entered by it."""
        self._there[gateway] = {waiting.id: waiting for waiting in told.waiting}
        ours = []
        for entered_id in told.entered:
            self._remember(entered_id, now_s)
            if self._keep_promise(entered_id) or self._here.pop(entered_id, None) is not None:
                ours.append(entered_id)
        self.version += 1
        return ours

    def unheard(self, gateway: str) -> None:
        """It can't be heard any more: those who waited there come to us with their tickets, or to others."""
        if self._there.pop(gateway, None):
            self.version += 1

    def expire(self, now_s: float) -> list[str]:
        """Let go of those who did not come back, and of promises that nobody used; returns whose promise ended."""
        for waiting_id, known in list(self._here.items()):
            if known.absent_since_s is not None and now_s - known.absent_since_s >= ABSENT_S:
                del self._here[waiting_id]
                self.version += 1
        unused = [waiting_id for waiting_id, (_, until_s) in self._promised.items() if until_s <= now_s]
        for waiting_id in unused:
            self._keep_promise(waiting_id)
        while self._entered_here and next(iter(self._entered_here.values())) + ENTERED_TOLD_S <= now_s:
            self._entered_here.popitem(last=False)
        return unused

    def next_expiry_s(self) -> float | None:
        """When ``expire`` has something to do next."""
        absent = (k.absent_since_s + ABSENT_S for k in self._here.values() if k.absent_since_s is not None)
        return min((*absent, *(until_s for _, until_s in self._promised.values())), default=None)

    def may_enter(self, showroom: str | None, free: FreePlaces) -> bool:
        """Whether somebody who has only just come may try at once: there is one place more than those who wait before
        them could use. Where nobody waits there is no harm in trying, though all may be full: renderers decide, and
        know of a place that has come free before gateways do."""
        waiting = Counter(waiting.showroom for waiting in self._all())
        if not waiting and not self._promised:
            return True
        places = free(showroom)
        return places > sum(count for other, count in waiting.items() if other == showroom or free(other) > 0)

    def turns(self, free: FreePlaces) -> list[Waiting]:
        """Whose turn it is, of those who wait here, first who waits longest. Those who wait elsewhere are left their
        places; so are those who are absent for a moment."""
        turns, before = [], 0
        for waiting in sorted(self._all(), key=lambda waiting: waiting.order):
            places = free(waiting.showroom)
            if places <= 0:
                continue  # what others see has room: they don't take it from each other
            known = self._here.get(waiting.id)
            if places > before and known is not None and known.absent_since_s is None:
                turns.append(waiting)
            before += 1
        return turns

    def positions(self) -> dict[str, int]:
        """The place in the whole line, from 1 on, of each who waits here."""
        ordered = sorted(self._all(), key=lambda waiting: waiting.order)
        return {waiting.id: place for place, waiting in enumerate(ordered, 1) if waiting.id in self._here}

    def position(self, since_s: float) -> int:
        """Which place somebody has, or would have, who waits since then."""
        return 1 + sum(waiting.since_s < since_s for waiting in self._all())

    def told(self) -> Told:
        """What the other gateways have to know."""
        waiting = [known.waiting for known in self._here.values()]
        waiting += [self._promised[waiting_id][0] for waiting_id in self._waited]
        return Told(waiting, list(self._entered_here))

    def __contains__(self, waiting_id: str) -> bool:
        """Whether they wait here."""
        return waiting_id in self._here

    def __len__(self) -> int:
        """How many wait here."""
        return len(self._here)

    @property
    def there(self) -> int:
        """How many wait at other gateways."""
        return sum(map(len, self._there.values()))

    def _all(self) -> Iterator[Waiting]:
        """Everybody once: a ticket that was taken up here may still be told of by another gateway."""
        seen = set(self._here) | set(self._promised)
        for known in self._here.values():
            yield known.waiting
        for theirs in self._there.values():
            for waiting in theirs.values():
                if waiting.id not in seen and waiting.id not in self._entered:
                    seen.add(waiting.id)
                    yield waiting

    def _keep_promise(self, waiting_id: str) -> bool:
        """It is over; False: there is none."""
        if self._promised.pop(waiting_id, None) is None:
            return False
        if waiting_id in self._waited:
            self._waited.remove(waiting_id)
            self.version += 1
        return True

    def _remember(self, waiting_id: str, now_s: float) -> None:
        self._entered[waiting_id] = now_s
        if len(self._entered) > TICKETS_REMEMBERED:
            self._entered.popitem(last=False)

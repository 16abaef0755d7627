"""A link in a second of computing time: what stream/link/link.py decides, without sockets or clocks."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from stream.link.link import Link
from stream.link.protection import COPY_DELAY_S
from stream.link.transport_feedback import TransportFeedback
from stream.settings import StreamSettings

PACKET_BYTES = 1200
FPS = 30.0
FEEDBACK_S = 0.06
REPORT_S = 1.0
SIGN_S = 0.05
INPUT_S = 0.016
STEP_S = 0.001
HISTORY_S = 0.5
"""How far back a receiver tells of packets once more when a late one has come (as libwebrtc does)."""

OfTime = Callable[[float], float]


@dataclass
class Bottleneck:
    """The narrowest place, which visitors may share: a drop-tail buffer, or a policer that keeps no queue."""

    rate_bps: OfTime
    buffer_s: float = 0.1
    policer_bytes: float | None = None
    """Where set, there is no queue: what is over the rate by more than so many bytes is dropped."""
    others_bps: OfTime = lambda _now_s: 0.0
    """What others send through it without regard for anybody."""
    _free_at_s: float = 0.0
    _at_s: float = 0.0
    _tokens_bytes: float = 0.0

    def queue_s(self, now_s: float) -> float:
        return max(0.0, self._free_at_s - now_s)

    def out_s(self, size_bytes: float, now_s: float) -> float | None:
        """When a packet that comes now has left; None where it is dropped."""
        rate_bps, elapsed_s = self.rate_bps(now_s), now_s - self._at_s
        self._at_s = now_s
        if self.policer_bytes is not None:
            self._tokens_bytes = min(self.policer_bytes, self._tokens_bytes + rate_bps / 8 * elapsed_s)
            if self._tokens_bytes < size_bytes:
                return None
            self._tokens_bytes -= size_bytes
            return now_s
        others_s = elapsed_s * self.others_bps(now_s) / rate_bps
        self._free_at_s = min(max(self._free_at_s, now_s - elapsed_s) + others_s, now_s + self.buffer_s)
        need_s = 8 * size_bytes / rate_bps
        if self.queue_s(now_s) + need_s > self.buffer_s:
            return None
        self._free_at_s = max(self._free_at_s, now_s) + need_s
        return self._free_at_s


@dataclass
class LinkModel:
    """One visitor's way through a bottleneck, and back. Functions are of time."""

    bottleneck: Bottleneck
    one_way_s: OfTime | float = 0.01
    back_s: float | None = None
    """The way of the feedback; None: the same."""
    jitter_s: float = 0.0
    """Of each packet by itself: it may overtake."""
    bunch_s: tuple[float, float] | None = None
    """Packets are handed on in bunches, so far apart (Wi-Fi that saves power, or is busy)."""
    loss: float = 0.0
    feedback_loss: float = 0.0
    up: Callable[[float], bool] = lambda _now_s: True
    clock_s: OfTime = lambda now_s: now_s
    """What the receiver's clock shows."""


@dataclass
class Trace:
    """What happened to one visitor, by time."""

    target_bps: list[tuple[float, int]] = field(default_factory=list)
    queue_s: list[tuple[float, float]] = field(default_factory=list)
    sent: list[tuple[float, int]] = field(default_factory=list)
    pictures_s: list[float] = field(default_factory=list)
    """When pictures left."""
    frames_held_back: int = 0
    lost: int = 0
    packets: int = 0

    def rate_bps(self, from_s: float, to_s: float) -> float:
        return 8 * sum(size for at_s, size in self.sent if from_s <= at_s < to_s) / (to_s - from_s)

    def worst_queue_s(self, from_s: float, to_s: float) -> float:
        return max(queue for at_s, queue in self.queue_s if from_s <= at_s < to_s)

    def mean_queue_s(self, from_s: float, to_s: float) -> float:
        values = [queue for at_s, queue in self.queue_s if from_s <= at_s < to_s]
        return sum(values) / len(values)

    def longest_gap_s(self, from_s: float, to_s: float) -> float:
        """Between two pictures."""
        times = [from_s, *(at_s for at_s in self.pictures_s if from_s <= at_s < to_s), to_s]
        return max(after - before for before, after in itertools.pairwise(times))

    def pictures(self, from_s: float, to_s: float) -> int:
        return sum(from_s <= at_s < to_s for at_s in self.pictures_s)


class Receiver:
    """Notes what arrives and tells of it, as libwebrtc does: in one go since the last time, and of an interval once
    more where a packet came that it had taken for lost."""

    def __init__(self) -> None:
        self._seen: dict[int, float] = {}
        """Arrival, by the receiver's clock."""
        self._told = 0
        """All before it were told of."""

    def on_packet(self, number: int, clock_s: float) -> None:
        self._seen[number] = clock_s
        self._told = min(self._told, number)

    def feedback(self) -> TransportFeedback | None:
        numbers = sorted(number for number in self._seen if number >= self._told)
        if not numbers:
            return None
        begin, end = self._told, numbers[-1] + 1
        self._told = end
        reference = int(self._seen[numbers[0]] // 0.064)
        arrivals_us = tuple(
            None if (at := self._seen.get(n)) is None else round((at * 1e6 - reference * 64_000) / 250) * 250
            for n in range(begin, end)
        )
        newest_s = self._seen[end - 1]
        self._seen = {n: at for n, at in self._seen.items() if at > newest_s - HISTORY_S}
        return TransportFeedback(begin & 0xFFFF, reference & 0xFFFFFF, arrivals_us)


class Visit:
    """A visitor who moves all the time: 30 pictures a second, each as large as its budget (or ``demand_bps``)."""

    def __init__(
        self, model: LinkModel, seed: int, settings: StreamSettings, begin_s: float, demand_bps: OfTime | None
    ) -> None:
        self.link = Link(settings, begin_s)
        self.trace = Trace()
        self._model = model
        self._luck = random.Random(seed)
        self._begin_s = begin_s
        self._demand_bps = demand_bps
        self._receiver = Receiver()
        self._number = 0
        self._plan: list[tuple[float, int, int, int | None, int | None]] = []
        """Packets to come: when, in which order, bytes, probe, picture."""
        self._order = 0
        self._on_way: list[tuple[float, int]] = []
        self._back: list[tuple[float, int, TransportFeedback | None]] = []
        """None: an ordinary receiver report."""
        self._next_picture_s = self._next_feedback_s = self._next_report_s = self._next_sign_s = self._next_input_s = (
            begin_s
        )
        self._bunch_at_s = begin_s

    def step(self, now_s: float) -> None:
        if now_s < self._begin_s:
            return
        if now_s >= self._next_picture_s:
            self._next_picture_s += 1 / FPS
            self._picture(now_s)
        while self._plan and self._plan[0][0] <= now_s:
            _, _, size, probe, picture = heapq.heappop(self._plan)
            self._send(size, now_s, probe, picture)
        self._receive(now_s)
        self.trace.queue_s.append((now_s, self._model.bottleneck.queue_s(now_s)))
        self.trace.target_bps.append((now_s, self.link.picture_bps(now_s)))

    def _picture(self, now_s: float) -> None:
        if not self.link.may_send(now_s):
            self.trace.frames_held_back += 1
            if now_s >= self._next_sign_s:
                self._next_sign_s = now_s + SIGN_S
                self._send(PACKET_BYTES, now_s)
            return
        self.trace.pictures_s.append(now_s)
        bps = self.link.picture_bps(now_s)
        if self._demand_bps is not None:
            bps = min(bps, self._demand_bps(now_s))
        left = bps / FPS * self._luck.uniform(0.8, 1.0) / 8
        pace_bps, share, at_s = self.link.pace_bps, self.link.copies_share, now_s
        while left > 0:
            size = int(min(PACKET_BYTES, left)) + 1
            self._later(at_s, size, picture=len(self.trace.pictures_s))
            if self._luck.random() < share:
                self._later(at_s + COPY_DELAY_S, size)
            left -= size
            at_s += 8 * size / pace_bps
        probe = self.link.next_probe(now_s)
        if probe is not None:
            for spent in range(0, probe.size_bytes, PACKET_BYTES):
                self._later(now_s + 8 * spent / probe.rate_bps, PACKET_BYTES, probe=probe.cluster)

    def _later(self, at_s: float, size: int, probe: int | None = None, picture: int | None = None) -> None:
        self._order += 1
        heapq.heappush(self._plan, (at_s, self._order, size, probe, picture))

    def _send(self, size: int, now_s: float, probe: int | None = None, picture: int | None = None) -> None:
        model, luck = self._model, self._luck
        number, self._number = self._number, self._number + 1
        assert self.link.on_sent(size, now_s, probe=probe, picture=picture) == number & 0xFFFF
        self.trace.sent.append((now_s, size))
        self.trace.packets += 1
        out_s = model.bottleneck.out_s(size, now_s) if model.up(now_s) else None
        if out_s is None or luck.random() < model.loss:
            self.trace.lost += 1
            return
        one_way_s = model.one_way_s(now_s) if callable(model.one_way_s) else model.one_way_s
        arrived_s = out_s + one_way_s + luck.random() * model.jitter_s
        if model.bunch_s is not None:
            while self._bunch_at_s < arrived_s:
                self._bunch_at_s += luck.uniform(*model.bunch_s)
            arrived_s = self._bunch_at_s
        heapq.heappush(self._on_way, (arrived_s, number))

    def _receive(self, now_s: float) -> None:
        model = self._model
        while self._on_way and self._on_way[0][0] <= now_s:
            arrived_s, number = heapq.heappop(self._on_way)
            self._receiver.on_packet(number, model.clock_s(arrived_s))
        back_s = model.back_s
        if back_s is None:
            back_s = model.one_way_s(now_s) if callable(model.one_way_s) else model.one_way_s
        if now_s >= self._next_feedback_s:
            self._next_feedback_s = now_s + FEEDBACK_S
            feedback = self._receiver.feedback()
            if feedback is not None and model.up(now_s) and self._luck.random() >= model.feedback_loss:
                self._answer(now_s + back_s, feedback)
        if now_s >= self._next_report_s:
            self._next_report_s = now_s + REPORT_S
            if model.up(now_s):
                self._answer(now_s + back_s, None)
        while self._back and self._back[0][0] <= now_s:
            feedback = heapq.heappop(self._back)[2]
            if feedback is None:
                self.link.on_report(0.0, 2 * back_s, now_s)
            else:
                self.link.on_feedback(feedback, now_s)
            self.link.on_heard(now_s)
        if now_s >= self._next_input_s:
            self._next_input_s = now_s + INPUT_S
            if model.up(now_s - back_s):
                self.link.on_heard(now_s)

    def _answer(self, at_s: float, what: TransportFeedback | None) -> None:
        self._order += 1
        heapq.heappush(self._back, (at_s, self._order, what))


def simulate_together(visits: Sequence[Visit], seconds: float) -> list[Trace]:
    """Visitors at the same time, over whatever they share."""
    for step in range(round(seconds / STEP_S)):
        for visit in visits:
            visit.step(step * STEP_S)
    return [visit.trace for visit in visits]


def visit(
    model: LinkModel,
    seed: int = 1,
    settings: StreamSettings | None = None,
    begin_s: float = 0.0,
    demand_bps: OfTime | None = None,
) -> Visit:
    return Visit(model, seed, settings or StreamSettings(), begin_s, demand_bps)


def simulate(model: LinkModel, seconds: float, seed: int = 1, demand_bps: OfTime | None = None) -> Trace:
    """One visitor alone."""
    return simulate_together([visit(model, seed, demand_bps=demand_bps)], seconds)[0]

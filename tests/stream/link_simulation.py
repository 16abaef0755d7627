"""A link in a second of computing time: what stream/link.py decides, over a bottleneck, without sockets or clocks."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from stream.link import Link
from stream.settings import StreamSettings
from stream.transport_feedback import TransportFeedback

PACKET_BYTES = 1200
FPS = 30.0
FEEDBACK_S = 0.06
STEP_S = 0.001


@dataclass
class LinkModel:
    """A bottleneck with a drop-tail buffer; ``rate_bps`` and ``up`` are functions of time."""

    rate_bps: Callable[[float], float]
    buffer_s: float = 0.1
    one_way_s: float = 0.01
    jitter_s: float = 0.0
    loss: float = 0.0
    up: Callable[[float], bool] = lambda _now_s: True
    free_at_s: float = 0.0

    def arrival_s(self, size_bytes: int, now_s: float, luck: random.Random) -> float | None:
        rate_bps = self.rate_bps(now_s)
        queue_s = max(0.0, self.free_at_s - now_s)
        if not self.up(now_s) or luck.random() < self.loss or queue_s + 8 * size_bytes / rate_bps > self.buffer_s:
            return None
        self.free_at_s = max(self.free_at_s, now_s) + 8 * size_bytes / rate_bps
        return self.free_at_s + self.one_way_s + luck.random() * self.jitter_s


@dataclass
class Trace:
    """What happened, by time."""

    target_bps: list[tuple[float, int]] = field(default_factory=list)
    queue_s: list[tuple[float, float]] = field(default_factory=list)
    sent: list[tuple[float, int]] = field(default_factory=list)
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


def simulate(model: LinkModel, seconds: float, settings: StreamSettings | None = None, seed: int = 1) -> Trace:
    """A visitor who moves all the time: 30 pictures a second, each as large as its budget."""
    luck, trace = random.Random(seed), Trace()
    link = Link(settings or StreamSettings(), 0.0)
    arrivals: dict[int, float | None] = {}
    told, next_number = 0, 0
    feedback: list[tuple[float, int, TransportFeedback]] = []
    plan: list[tuple[float, int, int | None]] = []
    next_frame_s = next_feedback_s = 0.0
    steps = round(seconds / STEP_S)
    for step in range(steps):
        now_s = step * STEP_S
        if now_s >= next_frame_s:
            next_frame_s += 1 / FPS
            if link.may_send():
                bits = link.picture_bps(now_s) / FPS * luck.uniform(0.8, 1.0)
                pace_bps = link.pace_bps
                left, at_s = bits / 8, now_s
                share = link.copies_share
                while left > 0:
                    size = int(min(PACKET_BYTES, left)) + 1
                    heapq.heappush(plan, (at_s, size, None))
                    if luck.random() < share:
                        heapq.heappush(plan, (at_s + 0.012, size, None))
                    left -= size
                    at_s += 8 * size / pace_bps
                probe = link.next_probe(now_s)
                if probe is not None:
                    spent = 0
                    while spent < probe.size_bytes:
                        heapq.heappush(plan, (now_s + 8 * spent / probe.rate_bps, PACKET_BYTES, probe.cluster))
                        spent += PACKET_BYTES
            else:
                trace.frames_held_back += 1
        while plan and plan[0][0] <= now_s:
            _, size, cluster = heapq.heappop(plan)
            number = link.on_sent(size, now_s, probe=cluster)
            assert number == next_number & 0xFFFF
            arrivals[next_number] = model.arrival_s(size, now_s, luck)
            trace.sent.append((now_s, size))
            trace.packets += 1
            trace.lost += arrivals[next_number] is None
            next_number += 1
        if now_s >= next_feedback_s:
            next_feedback_s = now_s + FEEDBACK_S
            known = [n for n in range(told, next_number) if (at := arrivals[n]) is not None and at <= now_s]
            if known and model.up(now_s):
                last = known[-1]
                reference_us = round(min(arrivals[n] for n in known) * 1e6) // 64_000 * 64_000
                times = tuple(
                    None if (at := arrivals[n]) is None or at > now_s else round((at * 1e6 - reference_us) / 250) * 250
                    for n in range(told, last + 1)
                )
                packet = TransportFeedback(told & 0xFFFF, reference_us // 64_000 & 0xFFFFFF, times)
                heapq.heappush(feedback, (now_s + model.one_way_s, last, packet))
                told = last + 1
        while feedback and feedback[0][0] <= now_s:
            link.on_feedback(heapq.heappop(feedback)[2], now_s)
        trace.queue_s.append((now_s, max(0.0, model.free_at_s - now_s)))
        trace.target_bps.append((now_s, link.picture_bps(now_s)))
    return trace

"""What a network does to packets, one way. Pure: time is an argument, and a seed makes a run repeatable.

A packet passes, in this order: an outage, in which all is lost; the bottleneck, a token bucket with a bounded
drop-tail buffer; random loss behind it (a lost packet has used the link, as on a radio link); delay and jitter.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

BUCKET_BYTES = 1500
"""Depth of the token bucket: one packet of full size passes at once on an idle link."""


@dataclass(frozen=True, slots=True)
class RateStep:
    """From ``at_s`` on, the link carries ``rate_bps``."""

    at_s: float
    rate_bps: float


@dataclass(frozen=True, slots=True)
class Outage:
    """Nothing passes for ``lasts_s``, from ``at_s`` on."""

    at_s: float
    lasts_s: float

    @property
    def end_s(self) -> float:
        return self.at_s + self.lasts_s


@dataclass(frozen=True, slots=True)
class Direction:
    """The properties of one direction of a link. Seconds of its schedule count from the link's start."""

    delay_ms: float = 0.0
    """One way."""
    jitter_ms: float = 0.0
    """The delay is spread evenly over ``delay_ms`` plus and minus this (as netem does), and never below 0."""
    reorder: bool = False
    """Whether jitter may change the order of packets."""
    loss: float = 0.0
    """Share of packets lost, 0 to below 1."""
    burst_packets: float = 1.0
    """Mean number of packets lost in a row (Gilbert-Elliott model); at 1, losses are independent."""
    rates: tuple[RateStep, ...] = ()
    """The bottleneck, the first step at 0; empty where there is none."""
    buffer_ms: float = 100.0
    """What the buffer before the bottleneck holds, in time at the rate of the moment."""
    outages: tuple[Outage, ...] = ()

    def __post_init__(self) -> None:
        if self.rates and (self.rates[0].at_s != 0.0 or any(step.rate_bps <= 0.0 for step in self.rates)):
            raise ValueError("the first rate begins at 0, and every rate is above 0")
        if [step.at_s for step in self.rates] != sorted({step.at_s for step in self.rates}):
            raise ValueError("rates are in the order of their times")
        if not 0.0 <= self.loss < 1.0 or self.burst_packets < 1.0:
            raise ValueError("loss is a share from 0 to below 1, and a burst has at least one packet")


class Drop(StrEnum):
    """Why a packet does not arrive."""

    OUTAGE = "outage"
    BUFFER = "buffer"
    LOSS = "loss"


class Capacity:
    """How many bits a link with these steps has carried by when, if it is never idle."""

    def __init__(self, steps: tuple[RateStep, ...]) -> None:
        self._steps = steps
        self._starts_s = [step.at_s for step in steps]
        self._bits_at_start = [0.0]
        for step, following in pairwise(steps):
            self._bits_at_start.append(self._bits_at_start[-1] + (following.at_s - step.at_s) * step.rate_bps)

    def rate_bps(self, at_s: float) -> float:
        return self._steps[max(0, bisect_right(self._starts_s, at_s) - 1)].rate_bps

    def bits(self, at_s: float) -> float:
        """Bits by that time."""
        index = max(0, bisect_right(self._starts_s, at_s) - 1)
        return self._bits_at_start[index] + (at_s - self._starts_s[index]) * self._steps[index].rate_bps

    def time_s(self, bits: float) -> float:
        """When that many bits have been carried; the inverse of ``bits``."""
        index = max(0, bisect_right(self._bits_at_start, bits) - 1)
        return self._starts_s[index] + (bits - self._bits_at_start[index]) / self._steps[index].rate_bps


class Bottleneck:
    """A token bucket with a drop-tail buffer, as a virtual clock: it counts in bits of the link's capacity, so that
    what waits is carried at the new rate when the rate changes."""

    def __init__(self, direction: Direction) -> None:
        self._capacity = Capacity(direction.rates)
        self._buffer_s = direction.buffer_ms / 1e3
        self._booked_bits = -float("inf")
        """The capacity that is given away already."""

    def pass_at_s(self, size_bytes: int, at_s: float) -> float | None:
        """When a packet that comes now has passed; None where the buffer is full."""
        now_bits = self._capacity.bits(at_s)
        booked_bits = max(self._booked_bits, now_bits - BUCKET_BYTES * 8.0) + size_bytes * 8.0
        if booked_bits - now_bits > self._buffer_s * self._capacity.rate_bps(at_s):
            return None
        self._booked_bits = booked_bits
        return max(at_s, self._capacity.time_s(booked_bits))


class LossModel:
    """Which packets are lost: the Gilbert-Elliott model (Gilbert 1960, Elliott 1963) that loses all packets in its
    bad state and none in its good one; with bursts of one packet, independent losses."""

    def __init__(self, direction: Direction, randomness: random.Random) -> None:
        self._loss, self._burst_packets = direction.loss, direction.burst_packets
        self._leave_bad = 1.0 / direction.burst_packets
        # In equilibrium the share of time in the bad state is enter / (enter + leave), which is the loss.
        self._enter_bad = min(1.0, self._leave_bad * direction.loss / (1.0 - direction.loss))
        self._randomness = randomness
        self._bad = False

    def lost(self) -> bool:
        """Whether the next packet is lost."""
        draw = self._randomness.random()
        if self._burst_packets <= 1.0:
            return draw < self._loss
        self._bad = draw >= self._leave_bad if self._bad else draw < self._enter_bad
        return self._bad


class Impairment:
    """One direction of a link: packets in, the time of their delivery or the reason of their loss out."""

    def __init__(self, direction: Direction, seed: int, start_s: float) -> None:
        """``start_s``: when the schedule begins, on the clock of ``offer``."""
        self._direction = direction
        self._start_s = start_s
        # Of their own, so that the losses of a seed stay the same when only the jitter differs.
        self._losses = LossModel(direction, random.Random(f"loss-{seed}"))
        self._jitter = random.Random(f"jitter-{seed}")
        self._bottleneck = Bottleneck(direction) if direction.rates else None
        self._last_delivery_s = -float("inf")

    def offer(self, size_bytes: int, now_s: float) -> float | Drop:
        """A packet comes; calls are in the order of time. Returns when it is to be delivered, or why it is not."""
        at_s = now_s - self._start_s
        if any(outage.at_s <= at_s < outage.end_s for outage in self._direction.outages):
            return Drop.OUTAGE
        passed_s: float | None = at_s
        if self._bottleneck is not None:
            passed_s = self._bottleneck.pass_at_s(size_bytes, at_s)
        if passed_s is None:
            return Drop.BUFFER
        if self._losses.lost():
            return Drop.LOSS
        delivery_s = self._start_s + passed_s + self._delay_s()
        if not self._direction.reorder:
            delivery_s = max(delivery_s, self._last_delivery_s)
        self._last_delivery_s = delivery_s
        return max(now_s, delivery_s)

    def _delay_s(self) -> float:
        jitter_ms = self._direction.jitter_ms
        if jitter_ms == 0.0:
            return self._direction.delay_ms / 1e3
        return max(0.0, self._direction.delay_ms + self._jitter.uniform(-jitter_ms, jitter_ms)) / 1e3

"""The named networks of the bench.

A delay named here is the round trip's, half of it each way; jitter, and random loss, are of each direction. A cap is
of the way down (to the visitor) alone, without any delay but its own buffer's. Rates count IP and UDP headers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bench.network.impairment import Direction, Outage, RateStep

FALL_AT_S, RISE_AT_S = 20.0, 40.0
FALL_FROM_BPS, FALL_TO_BPS = 6_000_000.0, 1_500_000.0
OUTAGES_AT_S = (10.0, 20.0, 30.0)
OUTAGE_S = 0.4


@dataclass(frozen=True, slots=True)
class Profile:
    """A link, and how long a visitor is measured on it. Times count from the visitor's first request."""

    name: str
    down: Direction
    up: Direction
    lasts_s: float = 23.0

    def lasting(self, seconds: float) -> Profile:
        """For another time, where nothing is scheduled that needs its own."""
        return self if len(self.down.rates) > 1 or self.down.outages else replace(self, lasts_s=seconds)


def _both(name: str, direction: Direction, lasts_s: float = 23.0) -> Profile:
    return Profile(name, direction, direction, lasts_s)


def _capped(kbps: int, buffer_ms: int) -> Profile:
    rates = (RateStep(0.0, kbps * 1e3),)
    return Profile(f"cap-{kbps}-{buffer_ms}", Direction(rates=rates, buffer_ms=buffer_ms), Direction())


_FALLING = (
    RateStep(0.0, FALL_FROM_BPS),
    RateStep(FALL_AT_S, FALL_TO_BPS),
    RateStep(RISE_AT_S, FALL_FROM_BPS),
)

PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        _both("clean", Direction()),
        _both("5g-good", Direction(delay_ms=5.0, jitter_ms=2.0)),
        _both("5g-edge", Direction(delay_ms=10.0, jitter_ms=10.0, loss=0.01)),
        _both("4g", Direction(delay_ms=25.0, loss=0.01)),
        _both("wifi-bad", Direction(delay_ms=5.0, jitter_ms=5.0, loss=0.05, burst_packets=4.0)),
        # 60 s are measured after the first 3 s, as the requirement says.
        _both("loss-3", Direction(delay_ms=10.0, loss=0.03), lasts_s=65.0),
        _capped(3000, 100),
        _capped(3000, 300),
        _capped(1500, 100),
        _capped(1500, 300),
        Profile("fall", Direction(rates=_FALLING, buffer_ms=100.0), Direction(), lasts_s=55.0),
        _both("handover", Direction(outages=tuple(Outage(at_s, OUTAGE_S) for at_s in OUTAGES_AT_S)), lasts_s=40.0),
    )
}

QUICK = ("clean", "loss-3", "cap-3000-100", "fall", "handover")
"""Those with a figure that must be reached."""

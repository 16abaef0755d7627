"""One clock for all media: instants of ``time.monotonic_ns`` as RTP and as NTP time.

A receiver plays sound and picture together by what sender reports say of each stream: which RTP timestamp belongs
to which wall-clock time (RFC 3550, section 6.4.1). So every stream must tell the time at which its media was *there*
(drawn, heard), not the time at which its packets happened to leave.
"""

from __future__ import annotations

import time

NTP_EPOCH_S = 2_208_988_800
"""From 1900 to 1970."""
_NS_PER_S = 1_000_000_000


def ntp_time(unix_s: float) -> int:
    """64-bit NTP time (RFC 5905, section 6)."""
    return int((unix_s + NTP_EPOCH_S) * 4_294_967_296)


def ntp_at(monotonic_ns: int) -> int:
    """The NTP time of an instant; good to a few microseconds."""
    return ntp_time(time.time()) - (time.monotonic_ns() - monotonic_ns << 32) // _NS_PER_S


def ticks_at(monotonic_ns: int, clock_hz: int) -> int:
    """An instant in ticks of an RTP clock, rounded down."""
    return monotonic_ns * clock_hz // _NS_PER_S


def instant_of(ticks: int, clock_hz: int) -> int:
    """The instant of a tick, in nanoseconds of ``time.monotonic_ns``."""
    return ticks * _NS_PER_S // clock_hz

"""Packs transport-wide feedback, as a receiver does; for tests of who reads it."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from stream.link.transport_feedback import DELTA_UNIT_US, RTCP_RTPFB, TRANSPORT_CC_FMT, TransportFeedback

RUN, ONE_BIT, TWO_BITS = "run", "one bit", "two bits"


def pack_feedback(feedback: TransportFeedback, chunks: Sequence[str] = (RUN,)) -> bytes:
    """``chunks`` says in turn which kind of status chunk is to be used; where a kind can't say it, another is."""
    statuses, deltas, before_us = [], b"", 0
    for arrival_us in feedback.arrivals_us:
        if arrival_us is None:
            statuses.append(0)
            continue
        delta, before_us = (arrival_us - before_us) // DELTA_UNIT_US, arrival_us
        small = 0 <= delta <= 255
        statuses.append(1 if small else 2)
        deltas += struct.pack("!B" if small else "!h", delta)
    packed, position, turn = b"", 0, 0
    while position < len(statuses):
        kind, turn = chunks[turn % len(chunks)], turn + 1
        if kind == ONE_BIT and 2 not in statuses[position : position + 14]:
            part = statuses[position : position + 14]
            packed += struct.pack("!H", 0x8000 | sum(status << 13 - at for at, status in enumerate(part)))
        elif kind == TWO_BITS:
            part = statuses[position : position + 7]
            packed += struct.pack("!H", 0xC000 | sum(status << 12 - 2 * at for at, status in enumerate(part)))
        else:
            part = statuses[position : position + 0x1FFF]
            part = part[: next((at for at, status in enumerate(part) if status != part[0]), len(part))]
            packed += struct.pack("!H", part[0] << 13 | len(part))
        position += len(part)
    body = struct.pack("!LLHHL", 1, 2, feedback.base_sequence, len(statuses), feedback.reference << 8 | 7)
    body += packed + deltas
    padding = -len(body) % 4
    if padding:
        body += bytes(padding - 1) + bytes([padding])
    return struct.pack("!BBH", 0x80 | (padding > 0) << 5 | TRANSPORT_CC_FMT, RTCP_RTPFB, len(body) // 4) + body

"""FlexFEC as browsers know it: repair packets in a stream of their own (draft-ietf-payload-flexible-fec-scheme-03).

RFC 8627 came later and has another header; Chromium offers the draft's, as ``flexfec-03``. The repair packets have
their own SSRC and sequence numbers, so that one that is lost leaves no hole in the pictures. (ULPFEC shares the
pictures' numbers; without a picture identifier, as in H.264, a receiver would wait for a lost repair packet.)

aiortc knows nothing of it: ``offered`` and ``accept`` work on the SDP's text, before and after aiortc.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

RTP_HEADER_BYTES = 12
SHORT_MASK_BITS, LONG_MASK_BITS = 15, 46
CAPABILITY = "flexfec-03/90000"
REPAIRABLE_MAX_BYTES = 1290
"""Of a whole packet: a repair packet for longer ones would be longer than what passes everywhere."""
REPAIR_WINDOW_US = 10_000_000
"""What browsers say; ours repairs a picture at once."""


@dataclass(frozen=True, slots=True)
class FlexFec:
    """What was agreed upon."""

    payload_type: int
    ssrc: int


def repair_payload(packets: Sequence[bytes], indices: Sequence[int], ssrc: int, sequence: int) -> bytes:
    """The payload of one repair packet (section 4.2.2).

    ``packets`` are whole RTP packets without CSRCs that follow each other from ``sequence`` on, at most 46, in which
    the header extensions that change on the way (abs-send-time, transport-wide sequence number) are zero: receivers
    compute with them so. ``indices`` are those it stands for.
    """
    first_two = length = timestamp = 0
    longest = max(len(packets[index]) for index in indices) - RTP_HEADER_BYTES
    body = 0
    mask = 0
    for index in indices:
        packet = packets[index]
        first_two ^= int.from_bytes(packet[:2])
        length ^= len(packet) - RTP_HEADER_BYTES
        timestamp ^= int.from_bytes(packet[4:8])
        rest = len(packet) - RTP_HEADER_BYTES
        body ^= int.from_bytes(packet[RTP_HEADER_BYTES:]) << 8 * (longest - rest)
        mask |= 1 << LONG_MASK_BITS - 1 - index
    # The first two bits, R and F, are zero: it is no retransmission, and has a mask, not rows and columns.
    header = struct.pack("!HHLBxxxLH", first_two & 0x3FFF, length, timestamp, 1, ssrc, sequence)
    return header + _mask(mask, len(packets)) + body.to_bytes(longest)


def _mask(mask: int, packets: int) -> bytes:
    """``mask`` has a bit for each of 46 packets, the first in the highest. A set bit before a part says: the last."""
    short, long = mask >> LONG_MASK_BITS - SHORT_MASK_BITS, mask & (1 << LONG_MASK_BITS - SHORT_MASK_BITS) - 1
    if packets <= SHORT_MASK_BITS:
        return struct.pack("!H", 1 << SHORT_MASK_BITS | short)
    return struct.pack("!HL", short, 1 << 31 | long)


def offered(sdp: str) -> int | None:
    """The payload type under which a description's video section knows FlexFEC; None where it doesn't."""
    for section in re.split(r"(?m)^(?=m=)", sdp)[1:]:
        if section.startswith("m=video "):
            found = re.search(rf"(?m)^a=rtpmap:(\d+) {re.escape(CAPABILITY)}\s*$", section)
            if found and int(found[1]) <= 127:
                return int(found[1])
    return None


def accept(sdp: str, fec: FlexFec, media_ssrc: int) -> str:
    """A description of ours, in whose video section FlexFEC is agreed upon (RFC 5956 for the group of the streams)."""
    sections = re.split(r"(?m)^(?=m=)", sdp)
    return "".join(
        _with_fec(section, fec, media_ssrc) if section.startswith("m=video ") else section for section in sections
    )


def _with_fec(section: str, fec: FlexFec, media_ssrc: int) -> str:
    lines = section.rstrip("\r\n").split("\r\n")
    lines[0] += f" {fec.payload_type}"
    lines += [
        f"a=rtpmap:{fec.payload_type} {CAPABILITY}",
        f"a=fmtp:{fec.payload_type} repair-window={REPAIR_WINDOW_US}",
    ]
    names = [line for line in lines if line.startswith(f"a=ssrc:{media_ssrc} ")]
    lines += [line.replace(f"a=ssrc:{media_ssrc} ", f"a=ssrc:{fec.ssrc} ") for line in names]
    lines.append(f"a=ssrc-group:FEC-FR {media_ssrc} {fec.ssrc}")
    return "\r\n".join(lines) + "\r\n"

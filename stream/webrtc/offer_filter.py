"""What of a visitor's SDP is let through to aiortc: bounded, one section of a kind, and without names that would have
to be looked up.

Browsers hide their addresses behind mDNS names, which take up to seconds to resolve. They are not needed:
the visitor's own connectivity checks reach our host candidates and tell us its address (peer reflexive,
RFC 8445, section 7.3.1.3). End-of-candidates goes too, as ICE would give up before such a check came.

There is one picture, one sound and one set of channels to be had. For a second section aiortc would make a receiver:
what a visitor sent there would be decoded, and kept for nobody without end.
"""

from __future__ import annotations

import ipaddress
import re

from stream.errors import SignallingError
from stream.rtp.packet_writer import TRANSPORT_CC

SDP_MAX_CHARS = 65_536
"""Several times what browsers send."""
LINES_MAX = 1000
"""Three times what browsers send. aiortc reads each line about feedback once for each format: that is two seconds of
everybody's time where as many characters as are allowed make short lines, and a tenth of one for so many lines."""
CANDIDATES_MAX = 32
"""To each goes a connectivity check from each of our addresses."""
_RTPMAP = re.compile(r"a=rtpmap:(?P<type>\d+) (?P<name>[^/]+)/")
_FMTP = re.compile(r"a=fmtp:(?P<type>\d+) (?P<parameters>.*)")
_FORMAT_LINE = re.compile(r"a=(?:rtpmap|fmtp|rtcp-fb):(?P<type>\d+) ")


def filter_sdp(sdp: str, transport_cc: bool = True) -> str:
    """The SDP with its lines ended by CRLF and only candidates that can be used; without ``transport_cc``, also without
    transport-wide feedback, so that the receiver estimates the link. Raises SignallingError."""
    if len(sdp) > SDP_MAX_CHARS:
        raise SignallingError(f"the SDP has {len(sdp)} characters, more than the {SDP_MAX_CHARS} that are allowed")
    # As aiortc divides it: at less than that, a line could hide within another.
    lines = sdp.strip().splitlines()
    if not lines or lines[0].strip() != "v=0":
        raise SignallingError("this is not SDP: it does not begin with v=0")
    if len(lines) > LINES_MAX:
        raise SignallingError(f"the SDP has {len(lines)} lines, more than the {LINES_MAX} that are allowed")
    kinds = [line.split(" ", 1)[0] for line in lines if line.startswith("m=")]
    if len(set(kinds)) < len(kinds):
        raise SignallingError("the SDP has two sections of one kind; offer one for video and one for audio at most")
    kept, candidates = [], 0
    for line in _without_other_profiles(lines):
        if line.startswith("a=end-of-candidates"):
            continue
        if line.startswith("a=candidate:"):
            if not usable_candidate(line.removeprefix("a=")) or candidates >= CANDIDATES_MAX:
                continue
            candidates += 1
        if not transport_cc and ((line.startswith("a=rtcp-fb:") and "transport-cc" in line) or TRANSPORT_CC in line):
            continue
        kept.append(line)
    return "\r\n".join(kept) + "\r\n"


def _without_other_profiles(lines: list[str]) -> list[str]:
    """Leave out VP9 and AV1 in other profiles than 0, which we do not send, and their retransmissions."""
    formats: dict[str, str] = {}
    refused: set[str] = set()
    for line in lines:
        if match := _RTPMAP.match(line):
            formats[match["type"]] = match["name"].upper()
        elif match := _FMTP.match(line):
            parameters = dict(part.strip().partition("=")[::2] for part in match["parameters"].split(";"))
            profile = {"VP9": "profile-id", "AV1": "profile"}.get(formats.get(match["type"], ""), "")
            if parameters.get(profile, "0") != "0" or parameters.get("apt") in refused:
                refused.add(match["type"])
    if not refused:
        return lines
    kept = []
    for line in lines:
        if line.startswith("m=video "):
            kept.append(" ".join(word for word in line.split() if word not in refused))
        elif not ((match := _FORMAT_LINE.match(line)) and match["type"] in refused):
            kept.append(line)
    return kept


def usable_candidate(candidate: str) -> bool:
    """Whether a candidate line (RFC 8839, section 5.1) has UDP, an address in digits and a port that there is."""
    parts = candidate.split()
    if len(parts) < 8 or parts[2].lower() != "udp":
        return False
    try:
        ipaddress.ip_address(parts[4])
        return 0 < int(parts[5]) < 1 << 16
    except ValueError:
        return False

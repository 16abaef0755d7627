"""What a decoder leaves out when it can't keep up with a live source. Pure."""

from __future__ import annotations

from enum import StrEnum

_MS = 1_000_000
UNREFERENCED_FROM_NS = 250 * _MS
KEY_ONLY_FROM_NS = 750 * _MS
CAUGHT_UP_NS = 80 * _MS


class Skip(StrEnum):
    """libavcodec's ``skip_frame``."""

    NOTHING = "DEFAULT"
    UNREFERENCED = "NONREF"
    ALL_BUT_KEY = "NONKEY"


class CatchingUp:
    """Leaves out more the longer it takes, and nothing again only when the delay is gone. After ALL_BUT_KEY the next
    pictures have lost what they refer to, so the decoder goes on at a key frame."""

    def __init__(self) -> None:
        self.skip = Skip.NOTHING

    def next(self, behind_ns: int, *, key: bool) -> Skip:
        """For the next packet, which is a key frame or not; ``behind_ns``: see LiveTime."""
        if behind_ns >= KEY_ONLY_FROM_NS:
            self.skip = Skip.ALL_BUT_KEY
        elif self.skip is Skip.ALL_BUT_KEY:
            if key and behind_ns <= CAUGHT_UP_NS:
                self.skip = Skip.NOTHING
        elif behind_ns >= UNREFERENCED_FROM_NS:
            self.skip = Skip.UNREFERENCED
        elif behind_ns <= CAUGHT_UP_NS:
            self.skip = Skip.NOTHING
        return self.skip

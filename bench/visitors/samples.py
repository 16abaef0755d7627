"""What a visitor notices and tells: plain values that cross from the visitors' thread to locust's."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from enum import StrEnum


class What(StrEnum):
    """The names of the rows in locust's table."""

    FIRST_FRAME = "time to first frame"
    """From the offer until the last packet of the first picture."""
    INPUT_TO_FRAME = "input to frame"
    """From sending an input until the last packet of the first picture that shows it."""
    WORK = "input to frame, less its wait for a turn"
    """Without the time that the input waited at the node until a picture of this visitor was due."""
    FRAME_GAP = "gap between frames, moving"
    """A gap that is a freeze by the WebRTC statistics' definition counts as failed."""
    TAP = "tap to answer"
    WIRE = "one second on the wire"
    """Its size is what was received; failed where packets were lost in that second."""
    STEP_LATE = "input sent late (load generator)"
    """How much too late the load generator itself was: its own share in all other rows."""
    VISIT = "visit"
    """Its whole length; failed where it did not end by the visitor's own will."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One row's one value. ``ms`` is None where there is no time to tell."""

    what: What
    ms: float | None = None
    size_bytes: int = 0
    failure: str | None = None


@dataclass(slots=True)
class Tally:
    """What can only be summed up; kept by each worker, added up by the master."""

    packets_expected: int = 0
    packets_lost: int = 0
    """By the link, before anything was sent again."""
    received_bytes: int = 0
    pictures: int = 0
    pictures_skipped: int = 0
    """Came in part and could never be shown."""
    freezes: int = 0
    frozen_ms: float = 0.0
    moving_s: float = 0.0
    visits: int = 0

    def add(self, other: Tally) -> None:
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    def minus(self, other: Tally) -> Tally:
        """What was added since ``other``."""
        return Tally(**{name: value - getattr(other, name) for name, value in asdict(self).items()})

"""How well a visit's stream did, in a few figures. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from control.figures.live_visits import VisitFigures


@dataclass(frozen=True, slots=True)
class VisitQuality:
    """Of one visit that has ended. None: not known; what a page says of itself is taken on trust, within bounds."""

    duration_s: float
    loss_ratio: float | None = None
    """Of the packets of its picture, those that were lost."""
    retransmitted_ratio: float | None = None
    round_trip_s: float | None = None
    """The mean."""
    freeze_ratio: float | None = None
    """Of its time, that in which a moving picture stood."""
    input_to_photon_s: float | None = None
    """The median from an input to the display of a picture that shows it."""

    @classmethod
    def of(cls, figures: VisitFigures, duration_s: float) -> Self:
        """From what is known of a visit at its end."""
        video, remote = figures.peer.video, figures.peer.remote_video
        page = None if figures.received is None else figures.received.page
        loss = repeats = round_trip_s = freezes = None
        if video.packets_sent > 0:
            repeats = video.retransmitted_packets_sent / video.packets_sent
            if remote is not None:
                loss = min(1.0, max(0.0, remote.packets_lost / video.packets_sent))
        if remote is not None and remote.round_trip_time_measurements > 0:
            round_trip_s = remote.total_round_trip_time / remote.round_trip_time_measurements
        if page is not None and page.motion_freezes_duration is not None:
            freezes = min(1.0, page.motion_freezes_duration / duration_s)
        delay_s = None if page is None else page.input_to_photon_median
        return cls(duration_s, loss, repeats, round_trip_s, freezes, delay_s)

"""From what was noted of a visit to the figures of the table. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

import numpy as np

from bench.network.cpu import CpuUse
from bench.network.impairment import Drop
from bench.network.profiles import FALL_AT_S, OUTAGE_S, OUTAGES_AT_S, RISE_AT_S
from bench.network.recording import FrameSeen, InputSent, Recording, Sample
from bench.network.stamp import strip_rows
from bench.recorded_renderer import RecordedTurn
from bench.ssim import ssim

UNDER_CAP_WITHIN_S = 3.0


@dataclass(frozen=True, slots=True)
class FallFigures:
    """Around a cap that falls and rises again."""

    longest_gap_ms: float
    """From the fall until 10 s after it."""
    extra_delay_ms: float
    """Median from 3 to 5 s after the fall, over the median of the 5 s before it."""
    settled_s: float
    """From the fall until the last frame, before the rise, that came more than 150 ms later than before the fall."""
    rate_after_rise: float
    """Received from 8 to 10 s after the rise, as a share of the 5 s before the fall."""


@dataclass(frozen=True, slots=True)
class OutageFigures:
    """Of the worst of the outages."""

    moves_again_ms: float
    """From the outage's end until the next new picture is shown."""
    longest_gap_ms: float
    extra_delay_ms: float
    """Median from 1 to 2 s after the outage's end, over the median of the whole."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one visit, while it was measured."""

    sender: str
    profile: str
    codec: str
    seconds: float
    fps: float
    """Pictures shown that differ from the one before."""
    decoded_fps: float
    """framesDecoded of inbound-rtp: also of those for which the page got no callback."""
    freezes: int
    """freezeCount and totalFreezesDuration of inbound-rtp (W3C webrtc-stats)."""
    frozen_ms: float
    longest_gap_ms: float
    """Between two pictures that differ, as shown."""
    delay_median_ms: float
    """From sending an input to the display callback of the first frame that shows it."""
    delay_p95_ms: float
    sent_kbps: float
    """From the server into the link and out of it, with IP and UDP headers; video, data and control together."""
    received_kbps: float
    lost: float
    """Share of the packets to the visitor that did not arrive, 0..1."""
    drops: dict[str, int]
    ssim_mean: float | None
    ssim_worst: float | None
    sizes: dict[str, float]
    """Which share of frames had which size."""
    unread_strips: int
    reconnections: int
    key_frame_requests: int
    retransmissions: int
    cpu: CpuUse
    starts_under_cap_s: float | None
    """Seconds after the first packet from which on no second's rate was above the first cap; None without a cap."""
    fall: FallFigures | None
    outage: OutageFigures | None


def figures_of(recording: Recording, turn: RecordedTurn, cap_bps: float | None) -> Figures:
    """``cap_bps``: the link's rate at its start, None where it has none. Raises ValueError where nothing was shown."""
    from_s, to_s = recording.measured_from_s, recording.measured_to_s
    shown = [frame for frame in recording.frames if from_s <= frame.at_s <= to_s]
    if len(shown) < 2:
        raise ValueError(f"{recording.sender} showed {len(shown)} frames over {recording.profile}")
    delays = delays_s(recording.inputs, recording.frames)
    measured = [delay_s * 1e3 for at_s, delay_s in delays if from_s <= at_s <= to_s]
    before, after = recording.inbound_before, recording.inbound_after
    down = recording.counters["down"]
    qualities = [quality for sample in recording.samples if (quality := _quality(sample, turn)) is not None]
    sizes = Counter(f"{frame.width}x{frame.height}" for frame in shown)

    def grown(name: str) -> float:
        return float(after.get(name, 0)) - float(before.get(name, 0))

    return Figures(
        sender=recording.sender,
        profile=recording.profile,
        codec=recording.codec,
        seconds=to_s - from_s,
        fps=sum(from_s <= at_s <= to_s for at_s in new_pictures_s(recording.frames)) / (to_s - from_s),
        decoded_fps=grown("framesDecoded") / (to_s - from_s),
        freezes=int(grown("freezeCount")),
        frozen_ms=grown("totalFreezesDuration") * 1e3,
        longest_gap_ms=longest_gap_s(recording.frames, from_s, to_s) * 1e3,
        delay_median_ms=percentile(measured, 0.5),
        delay_p95_ms=percentile(measured, 0.95),
        sent_kbps=rate_bps(down.sent_by_second, from_s, to_s) / 1e3,
        received_kbps=rate_bps(down.delivered_by_second, from_s, to_s) / 1e3,
        lost=down.dropped / max(1, down.packets),
        drops={reason.value: down.drops[reason] for reason in Drop},
        ssim_mean=fmean(qualities) if qualities else None,
        ssim_worst=min(qualities, default=None),
        sizes={size: count / len(shown) for size, count in sizes.most_common()},
        unread_strips=sum(frame.input_seq is None for frame in shown),
        reconnections=recording.connections - 1,
        key_frame_requests=int(grown("pliCount") + grown("firCount")),
        retransmissions=int(grown("retransmittedPacketsReceived")),
        cpu=recording.cpu,
        starts_under_cap_s=None if cap_bps is None else under_cap_s(down.sent_by_second, cap_bps),
        fall=_fall(recording, delays) if recording.profile == "fall" else None,
        outage=_outage(recording, delays) if recording.profile == "handover" else None,
    )


def percentile(samples: list[float], share: float) -> float:
    """By the nearest rank; not a number of none."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def delays_s(inputs: list[InputSent], frames: list[FrameSeen]) -> list[tuple[float, float]]:
    """Input to photon: for each frame that shows a newer input than all before it, when it was shown and how long
    after that input was sent."""
    sent_at_s: dict[int, float] = {}
    waiting = iter(inputs)
    following = next(waiting, None)
    newest_s = -float("inf")
    delays = []
    for frame in frames:
        # A new connection counts its inputs from 1 again: only those sent before the frame was shown can be meant.
        while following is not None and following.at_s <= frame.at_s:
            sent_at_s[following.seq & 0xFFFF] = following.at_s
            following = next(waiting, None)
        if frame.input_seq is None or (at_s := sent_at_s.get(frame.input_seq)) is None or at_s <= newest_s:
            continue
        newest_s = at_s
        delays.append((frame.at_s, frame.at_s - at_s))
    return delays


def new_pictures_s(frames: list[FrameSeen]) -> list[float]:
    """When a picture was shown that differs from the one before."""
    return [
        frame.at_s
        for before, frame in zip([None, *frames], frames, strict=False)
        if before is None or (frame.input_seq, frame.picture) != (before.input_seq, before.picture)
    ]


def longest_gap_s(frames: list[FrameSeen], from_s: float, to_s: float) -> float:
    """The longest time without a new picture; a gap that reaches over an end counts up to that end."""
    inside = [at_s for at_s in new_pictures_s(frames) if from_s <= at_s <= to_s]
    ends = [from_s, *inside, to_s]
    return max(later - earlier for earlier, later in pairwise(ends))


def rate_bps(by_second: Counter[int], from_s: float, to_s: float) -> float:
    """Mean rate over the whole seconds from one time to another."""
    seconds = range(int(np.ceil(from_s)), int(to_s))
    return 8.0 * sum(by_second[second] for second in seconds) / max(1, len(seconds))


def under_cap_s(sent_by_second: Counter[int], cap_bps: float) -> float:
    """Seconds from the first packet until the last second, of the first ten, with a rate above the cap is over."""
    first = min(sent_by_second, default=0)
    above = [second for second in range(first, first + 10) if 8.0 * sent_by_second[second] > cap_bps]
    return float(above[-1] + 1 - first) if above else 0.0


def _quality(sample: Sample, turn: RecordedTurn) -> float | None:
    """SSIM of a shown picture, at the recorded size, against the one that was sent; None where it is not known."""
    if sample.picture is None:
        return None
    sent, seen = turn.luma(sample.picture), sample.luma
    if seen.shape != sent.shape:
        seen = turn.enlarged(seen)
    below = strip_rows(turn.height) + 4  # the strip is ours, and a blurred edge of it would count too
    return ssim(np.asarray(sent[below:]), seen[below:])


def _median_between(delays: list[tuple[float, float]], from_s: float, to_s: float) -> float:
    inside = [delay_s for at_s, delay_s in delays if from_s <= at_s < to_s]
    return median(inside) if inside else float("inf")


def _fall(recording: Recording, delays: list[tuple[float, float]]) -> FallFigures:
    before_s = _median_between(delays, FALL_AT_S - 5.0, FALL_AT_S)
    late = [at_s for at_s, delay_s in delays if FALL_AT_S <= at_s < RISE_AT_S and delay_s > before_s + 0.150]
    received = recording.counters["down"].delivered_by_second
    return FallFigures(
        longest_gap_ms=longest_gap_s(recording.frames, FALL_AT_S, FALL_AT_S + 10.0) * 1e3,
        extra_delay_ms=(_median_between(delays, FALL_AT_S + 3.0, FALL_AT_S + 5.0) - before_s) * 1e3,
        settled_s=max(late, default=FALL_AT_S) - FALL_AT_S,
        rate_after_rise=rate_bps(received, RISE_AT_S + 8.0, RISE_AT_S + 10.0)
        / max(1.0, rate_bps(received, FALL_AT_S - 5.0, FALL_AT_S)),
    )


def _outage(recording: Recording, delays: list[tuple[float, float]]) -> OutageFigures:
    pictures = new_pictures_s(recording.frames)
    usual_s = _median_between(delays, recording.measured_from_s, recording.measured_to_s)
    moves_again_ms, gaps_ms, extra_ms = [], [], []
    for began_s in OUTAGES_AT_S:
        end_s = began_s + OUTAGE_S
        moves_again_ms.append((next((at_s for at_s in pictures if at_s >= end_s), float("inf")) - end_s) * 1e3)
        gaps_ms.append(longest_gap_s(recording.frames, began_s - 0.5, end_s + 3.0) * 1e3)
        extra_ms.append((_median_between(delays, end_s + 1.0, end_s + 2.0) - usual_s) * 1e3)
    return OutageFigures(max(moves_again_ms), max(gaps_ms), max(extra_ms))

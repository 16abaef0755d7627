"""``make bench-codecs``: what each codec that works here costs and gives, with a turn in the demo showroom at 1280x720.

Every encoder gets the same pictures, as a node would give them: each at once, with a budget, a key frame on request.
The pictures are 3 degrees apart, which is a visitor who turns quickly.
"""

from __future__ import annotations

import logging
import os
import platform
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import structlog
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter

from bench.recorded_renderer import RecordedTurn, record_turn
from bench.ssim import ssim
from edge_render.demo import build_demo
from edge_render.frame import Frame, FrameTimes, PixelFormat
from edge_render.pose import Pose
from stream.codec.encoder import AccessUnit
from stream.codec.encoder_probe import EncoderKind, choose_encoders, make_encoder
from stream.codec.video_codec import VideoCodec
from stream.settings import StreamSettings

KEPT = Path("var/bench-codecs")
SIZE = (1280, 720)
PICTURES, KEY_FRAME_AT, STEP_VIEWS = 45, 30, 2
RATES_BPS = (1_000_000, 2_000_000, 4_000_000, 8_000_000)
TIMED_BPS = 4_000_000
NARROW_BPS = 1_000_000
SAME_SSIM = 0.95
COMPARED_EVERY = 5
SETTLED = 1.25
"""A picture of at most so many times its budget has followed a rate that fell."""
_DECODERS = {VideoCodec.AV1: "libdav1d"}


@dataclass(frozen=True, slots=True)
class Run:
    """Of one encoder at one rate."""

    encode_ms: float
    fill: float
    """Mean of the pictures, as a share of the budget of one."""
    largest: float
    ssim: float


class Turn:
    """The pictures, as frames."""

    def __init__(self, file: Path) -> None:
        self._turn = RecordedTurn(file)

    def frame(self, index: int) -> Frame:
        pixels = np.ascontiguousarray(self._turn.picture(index * STEP_VIEWS % self._turn.views, *SIZE))
        pose = Pose((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
        return Frame(pixels, PixelFormat.I420, *SIZE, pose, 0, False, FrameTimes(0, 0, 0.0, 0.0))


class Screen:
    """Decodes; the luma is that of BT.709, whatever the codec's own matrix is."""

    def __init__(self, codec: VideoCodec) -> None:
        decoder = av.CodecContext.create(_DECODERS.get(codec, codec), "r")
        assert isinstance(decoder, VideoCodecContext)
        self._decoder = decoder
        self._decoder.thread_count = 1
        self._reformatter = VideoReformatter()
        self._colorspace = Colorspace.ITU601 if codec is VideoCodec.VP8 else Colorspace.ITU709

    def pictures(self, units: Sequence[AccessUnit]) -> list[np.ndarray]:
        """The luma of each, (height, width)."""
        shown: list[VideoFrame] = []
        for unit in units:
            shown += self._decoder.decode(av.Packet(unit.data))
        shown += self._decoder.decode(None)
        return [self._luma(frame) for frame in shown]

    def _luma(self, frame: VideoFrame) -> np.ndarray:
        if self._colorspace is Colorspace.ITU601:
            frame = self._reformatter.reformat(
                frame, format="yuv420p", src_colorspace=self._colorspace, dst_colorspace=Colorspace.ITU709
            )
        planes: np.ndarray = frame.to_ndarray(format="yuv420p")
        return planes[: SIZE[1]]


def measure(kind: EncoderKind, settings: StreamSettings, turn: Turn, target_bps: int) -> Run:
    """Code a turn at one rate."""
    encoder, units, took_ms = make_encoder(kind, settings), list[AccessUnit](), list[float]()
    for index in range(PICTURES):
        frame = turn.frame(index)
        began_s = time.perf_counter()
        units.append(encoder.encode(frame, target_bps, index == KEY_FRAME_AT))
        took_ms.append((time.perf_counter() - began_s) * 1e3)
    budget_bytes = target_bps / settings.max_fps / 8
    shares = [len(unit.data) / budget_bytes for unit in units]
    shown = Screen(kind.codec).pictures(units)
    compared = range(COMPARED_EVERY, PICTURES, COMPARED_EVERY)
    likeness = np.mean([ssim(turn.frame(index).pixels[: SIZE[1]], shown[index]) for index in compared])
    return Run(float(np.median(took_ms)), float(np.mean(shares)), max(shares), float(likeness))


def pictures_to_follow(kind: EncoderKind, settings: StreamSettings, turn: Turn) -> tuple[int, float]:
    """After the rate fell to a quarter: how many pictures were too large, and the largest as a share of its budget."""
    encoder = make_encoder(kind, settings)
    for index in range(20):
        encoder.encode(turn.frame(index), TIMED_BPS, False)
    budget_bytes = NARROW_BPS / settings.max_fps / 8
    shares = [len(encoder.encode(turn.frame(20 + i), NARROW_BPS, False).data) / budget_bytes for i in range(20)]
    return sum(share > SETTLED for share in shares), max(shares)


def rate_for(likeness: float, runs: dict[int, Run]) -> float | None:
    """The bits per second at which the pictures are so alike, between those that were measured; None outside."""
    spent = [(run.ssim, np.log2(bps * run.fill)) for bps, run in sorted(runs.items())]
    if not spent[0][0] <= likeness <= spent[-1][0]:
        return None
    return float(2.0 ** np.interp(likeness, [one[0] for one in spent], [one[1] for one in spent]))


def main() -> None:
    """Measure and print one table."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    settings = StreamSettings(encoder="auto")
    with tempfile.TemporaryDirectory() as folder:
        turn = Turn(record_turn(build_demo(Path(folder)), KEPT, *SIZE))
    print(f"{platform.machine()}, {os.cpu_count()} cores; {SIZE[0]}x{SIZE[1]}, {settings.max_fps:g} frames/s nominal\n")
    print(f"{'':<22}{'encode':>9}{f'SSIM {SAME_SSIM:g}':>12}{'of its':>10}{'largest':>10}{'falls 4 to 1 Mbit/s':>24}")
    print(f"{'':<22}{'ms':>9}{'Mbit/s':>12}{'rate %':>10}{'x budget':>10}{'too large':>14}{'x budget':>10}")
    for kind in choose_encoders(settings, list(VideoCodec), *SIZE):
        runs = {bps: measure(kind, settings, turn, bps) for bps in RATES_BPS}
        same_bps = rate_for(SAME_SSIM, runs)
        too_large, largest = pictures_to_follow(kind, settings, turn)
        timed = runs[TIMED_BPS]
        same = "–" if same_bps is None else f"{same_bps / 1e6:.2f}"
        most = max(run.largest for run in runs.values())
        print(f"{kind!s:<22}{timed.encode_ms:>9.1f}{same:>12}{100 * timed.fill:>10.0f}{most:>10.2f}", end="")
        print(f"{too_large:>14}{largest:>10.2f}", flush=True)


if __name__ == "__main__":
    main()

"""The table of the network bench, and what must be reached."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from bench.network.figures import UNDER_CAP_WITHIN_S, Figures

FPS_FULL = 29.5
"""Thirty, as the browser counts them."""
HEADER = (
    f"{'profile':<13}{'sender':<10}{'fps':>6}{'decoded':>9}{'freezes':>9}{'frozen':>8}{'gap':>7}{'delay':>7}{'p95':>7}{'+clean':>8}"
    f"{'sent':>7}{'recvd':>7}{'lost %':>7}{'SSIM':>7}{'worst':>7}{'CPU':>5}"
    f"{'other':>6}  picture"
)
"""CPU: of the server, percent of a core; other: of what is not the bench's, so that one sees what disturbed it."""


def over_clean_ms(figures: Figures, clean: Figures | None) -> float | None:
    """How much later a median frame shows its input than over the clean link."""
    return None if clean is None else figures.delay_median_ms - clean.delay_median_ms


def line(figures: Figures, clean: Figures | None) -> str:
    """A row of the table; ``clean`` has the same sender's figures over the clean link."""
    over = over_clean_ms(figures, clean)
    size, share = next(iter(figures.sizes.items()))
    row = (
        f"{figures.profile:<13}{figures.sender:<10}{figures.fps:>6.1f}{figures.decoded_fps:>9.1f}{figures.freezes:>9}{figures.frozen_ms:>8.0f}"
        f"{figures.longest_gap_ms:>7.0f}{figures.delay_median_ms:>7.0f}{figures.delay_p95_ms:>7.0f}"
        f"{'' if over is None else f'{over:+.0f}':>8}{figures.sent_kbps:>7.0f}{figures.received_kbps:>7.0f}"
        f"{figures.lost * 100:>7.1f}{_number(figures.ssim_mean):>7}{_number(figures.ssim_worst):>7}"
        f"{figures.cpu.server:>5.0f}{figures.cpu.others:>6.0f}"
        f"  {size} {share * 100:.0f} % {figures.codec.removeprefix('video/')}"
    )
    for what, count in (("strips not read", figures.unread_strips), ("connections lost", figures.reconnections)):
        if count:
            row += f"; {count} {what}"
    if (fall := figures.fall) is not None:
        row += (
            f"\n{'':<13}  after the fall: gap {fall.longest_gap_ms:.0f} ms; 3 s later {fall.extra_delay_ms:+.0f} ms of "
            f"delay, the last frame over 150 ms after {fall.settled_s:.1f} s; 10 s after the rise "
            f"{fall.rate_after_rise * 100:.0f} % of the old rate"
        )
    if (outage := figures.outage) is not None:
        row += (
            f"\n{'':<13}  worst outage: moves again after {outage.moves_again_ms:.0f} ms, gap "
            f"{outage.longest_gap_ms:.0f} ms; 1 s later {outage.extra_delay_ms:+.0f} ms of delay"
        )
    return row


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


Goal = tuple[str, str, bool]
"""What, its value with the bound, and whether it is reached."""


def goals(all_figures: Iterable[Figures]) -> list[Goal]:
    """What issue 3 says must be reached, of one sender, as far as its profiles were measured."""
    by_profile = {figures.profile: figures for figures in all_figures}
    clean = by_profile.get("clean")
    found: list[Goal] = []

    def add(what: str, value: float, unit: str, reached: bool, bound: str) -> None:
        found.append((what, f"{value:.4g}{unit}, {bound}", reached))

    if (loss := by_profile.get("loss-3")) is not None:
        add("20 ms, 3 % loss: freezes", loss.freezes, f" in {loss.seconds:.0f} s", loss.freezes == 0, "none")
        add("20 ms, 3 % loss: frames shown", loss.fps, " fps", loss.fps >= 28.0, "at least 28")
        if clean is not None:
            ratio = loss.delay_p95_ms / clean.delay_p95_ms
            add("20 ms, 3 % loss: delay p95 over clean's", ratio, "", ratio <= 2.0, "at most 2")
    if (cap := by_profile.get("cap-3000-100")) is not None:
        under_s = cap.starts_under_cap_s or 0.0
        add("3 Mbit/s: under the cap after", under_s, " s", under_s <= UNDER_CAP_WITHIN_S, "at most 3")
        add("3 Mbit/s: freezes", cap.freezes, "", cap.freezes == 0, "none")
        add("3 Mbit/s: frames shown", cap.fps, " fps", cap.fps >= FPS_FULL, "30")
        if (over := over_clean_ms(cap, clean)) is not None:
            add("3 Mbit/s: delay over clean", over, " ms", over <= 30.0, "at most 30")
    if (falling := by_profile.get("fall")) is not None and (fall := falling.fall) is not None:
        add("fall: longest gap", fall.longest_gap_ms, " ms", fall.longest_gap_ms <= 500.0, "at most 500")
        add("fall: extra delay after 3 s", fall.extra_delay_ms, " ms", fall.extra_delay_ms < 150.0, "below 150")
        share = fall.rate_after_rise * 100.0
        add("fall: rate 10 s after the rise", share, " %", share >= 80.0, "at least 80")
    if (handover := by_profile.get("handover")) is not None and (outage := handover.outage) is not None:
        again = outage.moves_again_ms
        add("hand-over: moves again after", again, " ms", again <= 300.0, "at most 300")
    return found


def write_json(file: Path, all_figures: Iterable[Figures], conditions: dict[str, object]) -> None:
    """All figures in one file, for later reports."""
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {"conditions": conditions, "figures": [asdict(figures) for figures in all_figures]}
    file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

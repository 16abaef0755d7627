"""What the visitors noticed of one case, and whether that is within its bound. Pure."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from bench.visitors.fleet_stay import Noticed

KILLED_MEDIAN_MAX_S: Final = 2.0
KILLED_WORST_MAX_S: Final = 5.0
LATE_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line of the table."""

    case: str
    visitors: int
    back_s: Sequence[float] = ()
    """Of each visit that was lost: how long, until its visitor had a picture again."""
    elsewhere: int = 0
    """Of these, how many did not find themselves where they had been."""
    moved: int = 0
    longest_gap_s: float = 0.0
    waited: int = 0
    """Visitors who had to stand in line."""
    refusals: Counter[str] = field(default_factory=Counter)
    late_s: float = 0.0
    """By how much the bench itself was late at most: figures can't be told more exactly."""
    told: str = ""
    """What else is worth knowing."""
    missed: Sequence[str] = ()
    """What is not within the bound."""


def outcome(case: str, noticed: Iterable[Noticed], *, back_s: Sequence[float] | None = None, told: str = "") -> Outcome:
    """``back_s``: given where a renderer was killed; nothing else may cost anybody a visit."""
    all_of_it = list(noticed)
    backs = [back for one in all_of_it for back in one.backs]
    elsewhere = sum(not back.same_pose for back in backs)
    waited = sum(one.waited > 0 for one in all_of_it)
    refusals = Counter(code for one in all_of_it for code in one.refusals)
    missed = []
    if back_s is None:
        back_s = [back.silent_s for back in backs]
        missed += [f"{len(backs)} visits cut: {reason}" for reason in sorted({back.reason for back in backs})]
        missed += [f"{waited} waited though there was room"] * (waited > 0)
    elif not backs:
        missed.append("nobody was at the renderer that was killed")
    else:
        if (median_s := statistics.median(back_s)) > KILLED_MEDIAN_MAX_S:
            missed.append(f"median {median_s:.1f} s, at most {KILLED_MEDIAN_MAX_S:g}")
        if max(back_s) > KILLED_WORST_MAX_S:
            missed.append(f"worst {max(back_s):.1f} s, at most {KILLED_WORST_MAX_S:g}")
        if elsewhere:
            missed.append(f"{elsewhere} at another pose")
    return Outcome(
        case=case,
        visitors=len(all_of_it),
        back_s=back_s,
        elsewhere=elsewhere,
        moved=sum(one.moves for one in all_of_it),
        longest_gap_s=max((one.longest_gap_s for one in all_of_it), default=0.0),
        waited=waited,
        refusals=refusals,
        told=told,
        missed=missed,
    )


def table(outcomes: Sequence[Outcome]) -> str:
    """For people."""
    head = f"{'case':<34}{'visitors':>9}{'cut':>5}{'back after':>16}{'moved':>7}{'longest gap':>13}{'waited':>8}"
    lines = [head, f"{'':<34}{'':>9}{'':>5}{'median, worst s':>16}{'':>7}{'s':>13}{'':>8}"]
    for one in outcomes:
        back = f"{statistics.median(one.back_s):.2f}, {max(one.back_s):.2f}" if one.back_s else "-"
        lines.append(
            f"{one.case:<34}{one.visitors:>9}{len(one.back_s):>5}{back:>16}{one.moved:>7}"
            f"{one.longest_gap_s:>13.2f}{one.waited:>8}"
        )
        if one.late_s > LATE_S:
            lines.append(f"    the bench itself was up to {one.late_s:.2f} s late: this machine had other things to do")
        if one.told:
            lines.append(f"    {one.told}")
        if one.refusals:
            lines.append("    on the way in: " + ", ".join(f"{code} {times}x" for code, times in one.refusals.items()))
        lines.append("    " + ("reached" if not one.missed else "MISSED: " + "; ".join(one.missed)))
    return "\n".join(lines)

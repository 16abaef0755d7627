"""The bench's page: for each shot both pictures, where they differ, and the figures; nothing is loaded from
elsewhere."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from importlib import resources

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.fidelity.compare import Difference
from bench.fidelity.shots import Expected, ShotBounds

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a shot must reach."""

    ssim_min: float
    flip_max: float

    def hold(self, difference: Difference) -> bool:
        return difference.ssim >= self.ssim_min and difference.flip <= self.flip_max


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What became of one shot; ``problem`` is set where there is nothing to compare, and says why."""

    label: str
    problem: str | None = None
    ours: Picture | None = field(default=None, repr=False)
    reference: Picture | None = field(default=None, repr=False)
    difference: Difference | None = field(default=None, repr=False)
    facts: tuple[tuple[str, str], ...] = ()
    refused: bool = False
    """The problem is the model's own: it was not loaded."""
    expected: Expected = Expected.ALIKE
    bounds: ShotBounds | None = None
    """Its own, in place of those of the whole run."""


def page(results: Sequence[Result], bounds: Bounds) -> str:
    """The whole page, pictures included."""
    style = resources.files("bench.fidelity").joinpath("page.css").read_text("utf-8")
    rows = "".join(_row(index, result, bounds) for index, result in enumerate(results))
    sections = "".join(_section(index, result, bounds) for index, result in enumerate(results))
    failed = sum(not as_asked(result, bounds) for result in results)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Fidelity of {len(results)} pictures</title><style>{style}</style></head><body>"
        f"<h1>Our pictures beside their references</h1><p>{len(results)} pictures, {failed} of them not as asked: "
        f"SSIM at least {bounds.ssim_min:.3f}, FLIP at most {bounds.flip_max:.3f}. FLIP is what somebody sees who "
        "flips between both pictures: 0 is nothing, 1 the most.</p>"
        "<table><thead><tr><th>Picture<th>Verdict<th>SSIM<th>FLIP<th>PSNR, dB</tr></thead>"
        f"<tbody>{rows}</tbody></table>{sections}</body></html>\n"
    )


def verdict(result: Result, bounds: Bounds) -> str:
    """``pass``, ``differs`` or ``failed``; of what was not to be compared, ``no reference`` or ``refused``."""
    if result.expected is Expected.NO_REFERENCE:
        return "no reference" if result.ours is not None and result.reference is None else "failed"
    if result.expected is Expected.REFUSED:
        return "refused" if result.refused else "failed"
    if result.problem is not None or result.difference is None:
        return "failed"
    own = result.bounds
    asked = bounds if own is None else Bounds(own.ssim_min, own.flip_max)
    return "pass" if asked.hold(result.difference) else "differs"


def as_asked(result: Result, bounds: Bounds) -> bool:
    """Whether it became what its sidecar expects."""
    return verdict(result, bounds) not in ("differs", "failed")


def _css_class(outcome: str) -> str:
    return outcome.replace(" ", "-")


def _row(index: int, result: Result, bounds: Bounds) -> str:
    outcome = verdict(result, bounds)
    difference = result.difference
    figures = "<td><td><td>"
    if difference is not None:
        figures = f"<td>{difference.ssim:.4f}<td>{difference.flip:.4f}<td>{difference.psnr_db:.1f}"
    label = f'<a href="#shot-{index}">{escape(result.label)}</a>'
    return f'<tr class="{_css_class(outcome)}"><td>{label}<td>{outcome}{figures}</tr>'


def _section(index: int, result: Result, bounds: Bounds) -> str:
    told = list(result.facts)
    if result.bounds is not None:
        own = result.bounds
        told.append(("Own bounds", f"SSIM {own.ssim_min:.3f}, FLIP {own.flip_max:.3f}: {own.reason}"))
    facts = "".join(f"<dt>{escape(name)}<dd>{escape(value)}" for name, value in told)
    problem = "" if result.problem is None else f'<p class="problem">{escape(result.problem)}</p>'
    pictures = _figure("Ours", result.ours) + _figure("Reference", result.reference)
    flicker = ""
    if result.difference is not None:
        pictures += _figure("Difference (FLIP)", result.difference.error_map)
        flicker = (
            f'<details><summary>Flip between both</summary><input type="checkbox" id="flip-{index}">'
            f'<label for="flip-{index}">reference</label><div class="flip">{_image("ours", result.ours)}'
            f"{_image('reference', result.reference)}</div></details>"
        )
    return (
        f'<section id="shot-{index}" class="{_css_class(verdict(result, bounds))}">'
        f"<h2>{escape(result.label)}</h2>{problem}"
        f'<div class="pictures">{pictures}</div>{flicker}<dl>{facts}</dl></section>'
    )


def _figure(caption: str, picture: Picture | None) -> str:
    if picture is None:
        return f"<figure><p>none</p><figcaption>{caption}</figcaption></figure>"
    return f"<figure>{_image(caption, picture)}<figcaption>{caption}</figcaption></figure>"


def _image(what: str, picture: Picture | None) -> str:
    assert picture is not None, "a difference is one of two pictures"
    stored = io.BytesIO()
    Image.fromarray(picture).save(stored, "PNG")
    data = base64.b64encode(stored.getvalue()).decode()
    height, width = picture.shape[:2]
    return f'<img alt="{escape(what)}" width="{width}" height="{height}" src="data:image/png;base64,{data}">'

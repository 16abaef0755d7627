"""``make bench-fidelity DIR=…``: how the models of a folder look beside their reference pictures.

A reference is ``NAME.reference.png`` beside the model or in ``--references``; ``--make-references`` has three.js make
those that are missing. Exits with 1 where a shot has no reference, can't be drawn or differs by more than allowed,
unless its sidecar expects that.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray
from PIL import Image

from bench.fidelity.compare import compare
from bench.fidelity.lighting import lit
from bench.fidelity.our_picture import OurPicture, Photographer
from bench.fidelity.page import Bounds, Result, as_asked, page, verdict
from bench.fidelity.sample_models import write_sample_models
from bench.fidelity.shots import Expected, Shot, ShotError, find_shots
from bench.fidelity.three_reference import ReferencePictureError, ThreeReferences
from edge_render.errors import EdgeRenderError, ModelError

DEFAULT_BOUNDS = Bounds(ssim_min=0.95, flip_max=0.05)


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code."""
    options = _parser().parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    bounds = Bounds(options.ssim_min, options.flip_max)
    with _models(options.folder) as folder:
        try:
            shots = list(find_shots(folder, options.environment, options.references))
        except ShotError as error:
            print(error, file=sys.stderr)
            return 1
        if not shots:
            print(f"{folder}: no .glb or .gltf file in it", file=sys.stderr)
            return 1
        references: Path = options.references or folder
        results = list(_results(shots, references, make=options.make_references))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(page(results, bounds), "utf-8")
    for result in results:
        print(_line(result, bounds))
    print(f"\nThe pictures: {options.out}")
    return int(any(not as_asked(result, bounds) for result in results))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.fidelity", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="Models; without one, models that the bench makes itself.")
    parser.add_argument(
        "--references",
        type=Path,
        help="Where reference pictures, and sidecars that models lack, are; default: beside the models.",
    )
    parser.add_argument("--make-references", action="store_true", help="Have three.js make those that are missing.")
    parser.add_argument("--environment", type=Path, help="An .hdr picture that lights shots which name none.")
    parser.add_argument("--ssim-min", type=float, default=DEFAULT_BOUNDS.ssim_min)
    parser.add_argument("--flip-max", type=float, default=DEFAULT_BOUNDS.flip_max)
    parser.add_argument("--out", type=Path, default=Path("var/bench-fidelity/index.html"), help="The page to write.")
    return parser


@contextmanager
def _models(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="edge-render-fidelity-") as made:
        write_sample_models(Path(made))
        yield Path(made)


def _results(shots: Sequence[Shot], references: Path, *, make: bool) -> Iterator[Result]:
    photographer = Photographer()
    missing = [
        shot
        for shot in shots
        if shot.spec.expected is Expected.ALIKE and not (references / shot.reference_name).is_file()
    ]
    with ExitStack() as stack:
        three = stack.enter_context(ThreeReferences(missing)) if make and missing else None
        for shot in shots:
            try:
                ours = photographer.take(shot, lit)
            except (ShotError, EdgeRenderError) as error:
                result = Result(shot.label, problem=str(error), refused=isinstance(error, ModelError))
            else:
                result = _compared(shot, ours, references / shot.reference_name, three)
            yield replace(result, expected=shot.spec.expected, bounds=shot.spec.bounds)


def _compared(shot: Shot, ours: OurPicture, file: Path, three: ThreeReferences | None) -> Result:
    facts = (
        ("Triangles", f"{ours.scene.triangle_count():,}"),
        ("Materials, textures", f"{len(ours.scene.materials)}, {len(ours.scene.textures)}"),
        ("Loaded and drawn after", f"{ours.load_ms:.0f} ms"),
        ("Animation at", f"{shot.spec.time_s} s"),
        ("Extensions", ", ".join(ours.examined.extensions) or "none"),
        *(("Finding", str(finding)) for finding in ours.examined.findings),
    )
    if not file.is_file() and three is not None and shot.spec.expected is Expected.ALIKE:
        try:
            made = three.draw(shot, ours.camera, () if ours.scene.rig is None else ours.scene.rig.playing)
        except ReferencePictureError as error:
            return Result(shot.label, problem=str(error), ours=ours.pixels, facts=facts)
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(made).save(file)
    if not file.is_file():
        return Result(shot.label, problem=f"no reference {file.name}", ours=ours.pixels, facts=facts)
    try:
        reference = _read(file)
    except OSError as error:
        return Result(shot.label, problem=f"{file.name} can't be read: {error}", ours=ours.pixels, facts=facts)
    if reference.shape != ours.pixels.shape:
        problem = f"{file.name} has another size than the shot"
        return Result(shot.label, problem=problem, ours=ours.pixels, reference=reference, facts=facts)
    return Result(shot.label, None, ours.pixels, reference, compare(reference, ours.pixels), facts)


def _read(file: Path) -> NDArray[np.uint8]:
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"))


def _line(result: Result, bounds: Bounds) -> str:
    text = f"{verdict(result, bounds):12} {result.label:44}"
    if result.difference is not None:
        return f"{text} SSIM {result.difference.ssim:.4f}  FLIP {result.difference.flip:.4f}"
    return f"{text} {result.problem}"


if __name__ == "__main__":
    sys.exit(main())

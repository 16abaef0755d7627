"""``edge-render validate PATH``: what is wrong with a model or a package, and where."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from control.log_format import configure_logging
from edge_render.budgets import BUDGETS
from edge_render.derived_cache import default_cache_folder
from edge_render.errors import EdgeRenderError
from edge_render.findings import Severity
from edge_render.render_quality import Rung
from edge_render.scene_cost import SceneCost
from edge_render.validation import DrawTo, ModelFacts, ValidationReport, validate


def run_validate(arguments: list[str]) -> int:
    """Print what is wrong; returns the exit status: 0 fine, 1 refused, 3 nothing can be drawn here. Wrong usage ends
    the process with 2."""
    parser = argparse.ArgumentParser(
        "edge-render validate", description="Check a model file, or the folder of a package, as loading it would."
    )
    parser.add_argument("path", type=Path, help="a .glb or .gltf file, another model file, or a folder")
    parser.add_argument(
        "--edge-class", type=Rung, choices=list(Rung), help="hold a package against the budgets of this class of edges"
    )
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="draw a package's scenes into this folder")
    parser.add_argument("--cache-folder", type=Path, help="where tiles and the like are kept; else the user's cache")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for machines")
    options = parser.parse_args(arguments)
    if options.path.suffix.lower() == ".zip":
        parser.error(f"{options.path}: archives are not looked into: unpack it, and name the folder of the package")
    if options.pictures is not None and not options.path.is_dir():
        parser.error(f"{options.path}: only a package's folder has scenes to draw")
    configure_logging()  # to standard error: standard output is the report's
    to = None
    if options.pictures is not None:
        to = DrawTo(options.pictures, options.cache_folder or default_cache_folder())
    try:
        report = validate(options.path, _check_sound, rung=options.edge_class, pictures=to)
    except EdgeRenderError as error:
        sys.stderr.write(f"edge-render validate: {error}\n")
        return 3
    sys.stdout.write(
        _as_json(options.path, report, options.edge_class) if options.json else _as_text(options.path, report)
    )
    return 1 if report.refused else 0


def _check_sound(path: Path) -> str | None:
    # Models have no sounds: checking one waits for nothing that it does not need.
    from stream.audio.audio_file import SoundFile
    from stream.errors import AudioError

    try:
        SoundFile.check(path)
    except AudioError as error:
        return str(error)
    return None


def _as_text(path: Path, report: ValidationReport) -> str:
    lines = [str(finding) for finding in report.findings]
    lines += [f"{facts.file}: {_told(facts)}" for facts in report.models]
    lines += [f"scenes.{cost.scene}: {told}" for cost in report.costs if (told := _cost(cost))]
    counts = ", ".join(_plural(report.count(severity), severity.value) for severity in Severity)
    lines.append(f"{path}: {'refused' if report.refused else 'fine'}: {counts}")
    return "".join(f"{line}\n" for line in lines)


def _told(facts: ModelFacts) -> str:
    counts = (facts.triangles, "triangle"), (facts.textures, "texture"), (facts.animations, "animation")
    extensions = ", ".join(facts.extensions) or "no extensions"
    return f"{', '.join(_plural(count, what) for count, what in counts)}; {extensions}"


def _cost(cost: SceneCost) -> str:
    told = [f"{cost.texture_bytes / 2**20:.1f} MiB of textures"] if cost.textures else []
    if (drawn := cost.drawn) is not None:
        told += [f"{drawn.gpu_bytes / 2**20:.1f} MiB on the GPU", _plural(drawn.draw_calls, "draw call")]
        told.append(f"{drawn.draw_ms:.1f} ms a picture on {drawn.device}")
    return ", ".join(told)


def _plural(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _as_json(path: Path, report: ValidationReport, rung: Rung | None) -> str:
    told = {
        "path": str(path),
        "kind": report.kind,
        "refused": report.refused,
        "findings": [finding.told() for finding in report.findings],
        "models": [dataclasses.asdict(facts) for facts in report.models],
        "scenes": report.scenes,
        "costs": [dataclasses.asdict(cost) for cost in report.costs],
        "budget": {} if rung is None else BUDGETS[rung].told(),
        "budgets": {each.value: budget.told() for each, budget in BUDGETS.items()},
        "title": None if report.title is None else report.title.model_dump(),
        "pictures": [dataclasses.asdict(picture) for picture in report.pictures],
    }
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"

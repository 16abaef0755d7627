"""Whether a model or a package can be published: all that is wrong with it, by the very code that loads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from edge_render.budgets import BUDGETS
from edge_render.derived_cache import DerivedCache
from edge_render.findings import Finding, FindingLog, Severity, printable, worst_first
from edge_render.gltf.loader import ExaminedModel, examine_model
from edge_render.manifest import Text
from edge_render.package import MANIFEST_NAME, MODEL_SUFFIXES, open_package
from edge_render.render_quality import Rung
from edge_render.scene_cost import SceneCost

SoundCheck = Callable[[Path], str | None]
"""What is wrong with a sound file; None where it is sound."""


@dataclass(frozen=True, slots=True)
class ScenePicture:
    """A picture that was drawn: a WebP file of that name in the folder that was given."""

    scene: str
    entry: str
    file: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class DrawTo:
    """Where pictures go, and where what is made for drawing (tiles, prefiltered light) is kept."""

    folder: Path
    cache_folder: Path


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What there is to draw in a model that is let through."""

    file: str
    triangles: int
    textures: int
    animations: int
    variants: int
    extensions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """``kind`` is ``model`` or ``package``."""

    kind: str
    findings: tuple[Finding, ...]
    models: tuple[ModelFacts, ...]
    scenes: tuple[str, ...] = ()
    costs: tuple[SceneCost, ...] = ()
    pictures: tuple[ScenePicture, ...] = ()
    title: Text | None = None

    @property
    def refused(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    def count(self, severity: Severity) -> int:
        return sum(finding.severity is severity for finding in self.findings)


def validate(
    path: Path, check_sound: SoundCheck, *, rung: Rung | None = None, pictures: DrawTo | None = None
) -> ValidationReport:
    """Check a model file, or the folder of a package. Takes as long as loading it, and reads nothing but its files.

    With ``rung`` a package is held against the budgets of that class of edges; with ``pictures`` its scenes are drawn,
    once nothing else is wrong.
    """
    if path.name == MANIFEST_NAME:
        path = path.parent
    if path.is_dir():
        from edge_render.package_validation import PackageValidation

        report = PackageValidation(path, check_sound, None if rung is None else BUDGETS[rung]).report()
        return report if pictures is None or report.refused else _drawn(path, report, pictures)
    if path.is_file() and path.suffix.lower() not in MODEL_SUFFIXES:
        log = FindingLog(printable(path.name))
        log.error("", f"is no model ({' '.join(MODEL_SUFFIXES)}) and no package's folder", "UNKNOWN_FORMAT")
        return ValidationReport("model", log.findings(), ())
    examined = examine_model(path, name="model")
    return ValidationReport("model", examined.findings, facts_of(path.name, examined))


def _drawn(root: Path, report: ValidationReport, to: DrawTo) -> ValidationReport:
    # What draws is imported where it is asked for.
    from edge_render.package_pictures import PackagePictures

    log = FindingLog(str(root / MANIFEST_NAME))
    to.folder.mkdir(parents=True, exist_ok=True)
    drawing = PackagePictures(open_package(root), to.folder, DerivedCache(to.cache_folder))
    try:
        drawn, pictures = drawing.draw(log)
    finally:
        drawing.close()
    return replace(
        report,
        findings=worst_first([*report.findings, *log.findings()]),
        costs=tuple(replace(cost, drawn=drawn.get(cost.scene)) for cost in report.costs),
        pictures=tuple(pictures),
    )


def facts_of(file: str, examined: ExaminedModel) -> tuple[ModelFacts, ...]:
    """None where the model is refused."""
    scene = examined.scene
    if scene is None:
        return ()
    animations = 0 if scene.rig is None else len(scene.rig.clips)
    return (
        ModelFacts(
            file,
            scene.triangle_count(),
            len(scene.textures),
            animations,
            len(scene.variants),
            examined.extensions,
        ),
    )

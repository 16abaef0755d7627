"""Whether a model or a package can be published: all that is wrong with it, by the very code that loads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge_render.findings import Finding, FindingLog, Severity, printable
from edge_render.gltf.loader import ExaminedModel, examine_model
from edge_render.package import MANIFEST_NAME, MODEL_SUFFIXES

SoundCheck = Callable[[Path], str | None]
"""What is wrong with a sound file; None where it is sound."""


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

    @property
    def refused(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    def count(self, severity: Severity) -> int:
        return sum(finding.severity is severity for finding in self.findings)


def validate(path: Path, check_sound: SoundCheck) -> ValidationReport:
    """Check a model file, or the folder of a package. Takes as long as loading it, and reads nothing but its files."""
    if path.name == MANIFEST_NAME:
        path = path.parent
    if path.is_dir():
        from edge_render.package_validation import PackageValidation

        return PackageValidation(path, check_sound).report()
    if path.is_file() and path.suffix.lower() not in MODEL_SUFFIXES:
        log = FindingLog(printable(path.name))
        log.error("", f"is no model ({' '.join(MODEL_SUFFIXES)}) and no package's folder", "UNKNOWN_FORMAT")
        return ValidationReport("model", log.findings(), ())
    examined = examine_model(path, name="model")
    return ValidationReport("model", examined.findings, facts_of(path.name, examined))


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

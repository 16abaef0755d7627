"""What a validation found, as it is kept and shown."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from control.content.names import EdgeClass, Title, UnixSeconds

Severity: TypeAlias = Literal["error", "defect", "warning"]


class _Told(BaseModel):
    """What ``edge-render validate`` tells. It may tell more than is kept."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Finding(_Told):
    """One thing that is wrong. ``error``: the version can't be published; ``defect``: it is against a standard, but is
    drawn; ``warning``: likely not what was meant. ``file`` is a path in the package, ``place`` where in it."""

    severity: Severity
    file: str = ""
    place: str = ""
    message: str
    code: str


class ModelFacts(_Told):
    """What there is to draw in a model file."""

    file: str
    triangles: int
    textures: int
    animations: int
    variants: int
    extensions: tuple[str, ...] = ()


class DrawnCost(_Told):
    """Measured by drawing a scene on ``device``, from each of its entry poses; the dearest counts."""

    gpu_bytes: int
    draw_calls: int
    draw_ms: float
    device: str


class SceneCost(_Told):
    """What a scene costs. ``drawn`` is missing where it was not drawn."""

    scene: str
    type: str
    triangles: int
    textures: int
    texture_bytes: int
    texture_px_max: int
    drawn: DrawnCost | None = None


class PictureFacts(_Told):
    """A picture of a scene from one of its entry poses; ``file`` is its name below ``pictures/``."""

    scene: str
    entry: str
    file: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}\.[a-z0-9][a-z0-9-]{0,63}\.webp$")]
    width: int
    height: int


class Report(_Told):
    """Of one revision of a version. ``scenes`` are all in the order of the manifest; ``budget`` is that of the class of
    edges that it was held against, ``budgets`` are those of all, by class."""

    revision: int = 0
    edge_class: EdgeClass = "software"
    started_at: UnixSeconds = 0.0
    finished_at: UnixSeconds = 0.0
    title: Title | None = None
    findings: tuple[Finding, ...] = ()
    models: tuple[ModelFacts, ...] = ()
    scenes: tuple[str, ...] = ()
    costs: tuple[SceneCost, ...] = ()
    pictures: tuple[PictureFacts, ...] = ()
    budget: dict[str, int] = Field(default_factory=dict)
    budgets: dict[EdgeClass, dict[str, int]] = Field(default_factory=dict)

    @property
    def errors(self) -> int:
        return self.count("error")

    def count(self, severity: Severity) -> int:
        """How many findings are so bad."""
        return sum(finding.severity == severity for finding in self.findings)

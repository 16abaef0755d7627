"""What is photographed of each model: from where, in which light, at which time.

A model ``NAME.glb`` may have ``NAME.fidelity.json`` beside it, with a list of shots; a model without one is seen from
the front, half from the side, half from above, as large as it fits.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from scipy.spatial.transform import Rotation

from edge_render.pose import Pose, Quaternion, Vec3
from edge_render.scene import Scene

SUFFIXES = (".glb", ".gltf")
SIDECAR_SUFFIX = ".fidelity.json"
DEFAULT_ENVIRONMENT = "environment.hdr"
_FROM = np.array([0.55, 0.4, 1.0])
"""The direction from the middle of a model to its camera, where nothing is said."""
_FRAMING = 1.1
"""So much further away than where a model's sphere would just fit."""

Floats = NDArray[np.float64]
Side = Annotated[int, Field(ge=16, le=4096, multiple_of=2)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Point = tuple[Finite, Finite, Finite]


class ShotError(Exception):
    """A sidecar file can't be read; the message names it and the field."""


class SunSpec(BaseModel):
    """``direction`` is where the light travels to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    direction: Point
    color: Point = (1.0, 1.0, 1.0)
    intensity: Finite = 3.0


class Expected(StrEnum):
    """What is to become of a shot."""

    ALIKE = "alike"
    """It looks as its reference, within bounds."""
    NO_REFERENCE = "no-reference"
    """It is drawn; three.js can't read the model, and nobody else has made a reference."""
    REFUSED = "refused"
    """The model is refused: it is broken, or a file that it needs is not there."""


class ShotBounds(BaseModel):
    """Bounds of one shot that is known to look another way than its reference; the page shows why."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, validate_by_name=True)

    ssim_min: Annotated[float, Field(ge=-1, le=1)]
    flip_max: Annotated[float, Field(ge=0, le=1)]
    reason: Annotated[str, Field(min_length=10, max_length=300)]


class ShotSpec(BaseModel):
    """One entry of the sidecar's ``shots``. Metres, degrees, linear RGB."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, validate_by_name=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")] = "view"
    position: Point | None = None
    """None: so that the whole model is seen."""
    target: Point | None = None
    """None: the middle of the model."""
    camera: str | None = None
    """The name of a camera in the file; it says position, direction and field of view."""
    fov_y_deg: Annotated[float, Field(ge=5, le=120)] = 40.0
    size: tuple[Side, Side] = (640, 480)
    time_s: Annotated[float, Field(ge=0, le=3600)] = 0.0
    variant: str | None = None
    environment: str | None = None
    """An .hdr file, from the sidecar's folder. None: that of the whole run, where it has one."""
    environment_intensity: Annotated[float, Field(ge=0, le=100)] = 1.0
    environment_rotation_deg: Annotated[float, Field(ge=-360, le=360)] = 0.0
    environment_shown: bool = False
    exposure: Annotated[float, Field(gt=0, le=16)] = 1.0
    background: Point = (0.18, 0.18, 0.18)
    sun: SunSpec | None = None
    expected: Expected = Expected.ALIKE
    bounds: ShotBounds | None = None
    """None: those of the whole run."""


class _Sidecar(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    shots: tuple[ShotSpec, ...] = Field(min_length=1, max_length=20)


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture to take."""

    model: Path
    label: str
    """Path of the model in its folder, with its suffix where two differ by nothing else, and the shot's name where
    there are several."""
    spec: ShotSpec
    environment: Path | None

    @property
    def reference_name(self) -> str:
        return f"{self.label}.reference.png"


def find_shots(folder: Path, environment: Path | None, sidecars: Path | None = None) -> Iterator[Shot]:
    """All shots of all models in a folder, by name. ``sidecars``: another folder, laid out alike, that has those which
    are not beside their model. Raises ShotError."""
    common = environment
    if common is None and (folder / DEFAULT_ENVIRONMENT).is_file():
        common = folder / DEFAULT_ENVIRONMENT
    models = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    sharing = Counter(model.with_suffix("") for model in models)
    for model in models:
        sidecar = model.with_name(model.stem + SIDECAR_SUFFIX)
        if not sidecar.is_file() and sidecars is not None:
            sidecar = sidecars / sidecar.relative_to(folder)
        specs = _read(sidecar) if sidecar.is_file() else (ShotSpec(),)
        for spec in specs:
            name = model.relative_to(folder).as_posix()
            if sharing[model.with_suffix("")] == 1:
                name = name.removesuffix(model.suffix)
            label = name if len(specs) == 1 else f"{name}.{spec.name}"
            yield Shot(model, label, spec, sidecar.parent / spec.environment if spec.environment else common)


def _read(sidecar: Path) -> tuple[ShotSpec, ...]:
    try:
        return _Sidecar.model_validate(json.loads(sidecar.read_text("utf-8"))).shots
    except (OSError, ValueError) as error:
        reason = str(error)
        if isinstance(error, ValidationError):
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            reason = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
        raise ShotError(f"{sidecar}: {reason}") from error


@dataclass(frozen=True, slots=True)
class Camera:
    """Where a shot is taken from. Radians, metres."""

    pose: Pose
    fov_y_rad: float
    near_m: float
    far_m: float


def rest_bounds(scene: Scene) -> tuple[Floats, Floats]:
    """Smallest and largest corner (3,) of all that is drawn, at rest. That of the bench, not the renderer's: stored
    references stay valid whatever the renderer takes for the bounds of what moves."""
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for node in scene.nodes:
        positions = scene.meshes[node.mesh].positions
        for instance in np.eye(4)[None] if node.instances is None else node.instances:
            matrix = node.matrix @ instance
            world = positions @ matrix[:3, :3].T + matrix[:3, 3]
            low, high = np.minimum(low, world.min(axis=0)), np.maximum(high, world.max(axis=0))
    return (low, high) if np.isfinite(low).all() else (np.zeros(3), np.zeros(3))


def camera_of(spec: ShotSpec, scene: Scene) -> Camera:
    """The camera of a shot. Raises ShotError where it names a camera that the file does not have."""
    low, high = rest_bounds(scene)
    center, radius_m = (low + high) / 2.0, max(float(np.linalg.norm(high - low)) / 2.0, 1e-6)
    if spec.camera is not None:
        found = next((camera for camera in scene.cameras if camera.name == spec.camera), None)
        if found is None or found.fov_y_rad is None:
            raise ShotError(f"{scene.name}: has no perspective camera '{spec.camera}'")
        pose = Pose(_vec3(found.matrix[:3, 3]), _quaternion(found.matrix[:3, :3]))
        return Camera(pose, found.fov_y_rad, *_range(pose, center, radius_m))
    fov_y_rad = math.radians(spec.fov_y_deg)
    target = center if spec.target is None else np.asarray(spec.target)
    if spec.position is None:
        narrow = min(fov_y_rad, 2.0 * math.atan(math.tan(fov_y_rad / 2.0) * spec.size[0] / spec.size[1]))
        away_m = _FRAMING * radius_m / math.sin(narrow / 2.0)
        position = target + _FROM / np.linalg.norm(_FROM) * away_m
    else:
        position = np.asarray(spec.position)
    pose = Pose(_vec3(position), _looking(target - position))
    return Camera(pose, fov_y_rad, *_range(pose, center, radius_m))


def _range(pose: Pose, center: Floats, radius_m: float) -> tuple[float, float]:
    distance_m = float(np.linalg.norm(np.asarray(pose.position) - center))
    return max(distance_m - 1.1 * radius_m, 0.001 * radius_m, 1e-4), distance_m + 1.1 * radius_m


def _looking(direction: Floats) -> Quaternion:
    x, y, z = (float(value) for value in direction / np.linalg.norm(direction))
    return Pose.from_yaw_pitch((0.0, 0.0, 0.0), math.atan2(-x, -z), math.asin(max(-1.0, min(1.0, y)))).orientation


def _quaternion(rotation: Floats) -> Quaternion:
    x, y, z, w = Rotation.from_matrix(rotation / np.linalg.norm(rotation, axis=0)).as_quat()
    return float(x), float(y), float(z), float(w)


def _vec3(values: Floats) -> Vec3:
    return float(values[0]), float(values[1]), float(values[2])

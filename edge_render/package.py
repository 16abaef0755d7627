"""The showroom package: ``showroom.json`` and the files it names. docs/package-format.md tells it in prose.

Angles are degrees in the file and radians in code. Positions are metres, right-handed, Y up.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, ValidationError, field_validator, model_validator

from edge_render.errors import PackageError
from edge_render.findings import Finding, FindingLog, Severity, place_of
from edge_render.json_text import parse_json
from edge_render.light_spec import BakedLight, Environment, SunLight
from edge_render.manifest import (
    Action,
    GoToScene,
    ManifestModel,
    Metres,
    Name,
    Narration,
    OpenCard,
    PackagePath,
    Position,
    SceneAudio,
    Text,
)
from edge_render.manifest_errors import place_in_file, told_of
from edge_render.mesh_files.suffixes import MESH_SUFFIXES
from edge_render.panorama.spec import PanoramaScene
from edge_render.plain_file import UnreadableFileError, read_plain_file
from edge_render.pose import Pose
from edge_render.video.address import is_address
from edge_render.video.spec import LiveScene

MANIFEST_NAME = "showroom.json"
MANIFEST_MAX_BYTES = 4 * 1024 * 1024
WALKABLE_MAX_M2 = 40_000
"""As a hall of 200 m by 200 m; where one can stand in it is known for each few centimetres."""
_TOLD_MAX = 100


class EntryPose(ManifestModel):
    """Where a visitor enters: the position is that of the eyes."""

    name: Name
    position: Position
    yaw_deg: Annotated[float, Field(ge=-360, le=360)] = 0.0
    pitch_deg: Annotated[float, Field(ge=-89, le=89)] = 0.0

    def pose(self) -> Pose:
        return Pose.from_yaw_pitch(self.position, math.radians(self.yaw_deg), math.radians(self.pitch_deg))


class Walkable(ManifestModel):
    """The rectangle of floor that a visitor may walk, in world x and z, and the height of the eyes."""

    min: tuple[Metres, Metres]
    max: tuple[Metres, Metres]
    floor_y: Metres = 0.0
    eye_height: Annotated[float, Field(gt=0.1, le=3.0)] = 1.6
    body_radius: Annotated[float, Field(ge=0.05, le=1.0)] = 0.25

    @model_validator(mode="after")
    def _ordered(self) -> Walkable:
        if self.min[0] >= self.max[0] or self.min[1] >= self.max[1]:
            raise ValueError("min must be smaller than max in both x and z")
        area_m2 = (self.max[0] - self.min[0]) * (self.max[1] - self.min[1])
        if area_m2 > WALKABLE_MAX_M2:
            raise ValueError(f"is {area_m2:.0f} m²; at most {WALKABLE_MAX_M2} m² can be walked: part it into scenes")
        return self


class Hotspot(ManifestModel):
    """A place that acts when tapped: a sphere, and the nodes named in ``nodes``."""

    id: Name
    position: Position
    radius: Annotated[float, Field(gt=0.0, le=10.0)] = 0.25
    nodes: tuple[str, ...] = ()
    label: Text
    action: Action


MODEL_SUFFIXES = (".glb", ".gltf", *MESH_SUFFIXES)

ModelName = Annotated[str, Field(max_length=1024)]
"""Of something in a model, as its artist called it."""


class ModelScene(ManifestModel):
    """A walk-in scene made of one model file."""

    type: Literal["model"]
    model: PackagePath
    animations: Literal["all", "none"] | Annotated[tuple[ModelName, ...], Field(max_length=100)] = "all"
    """Those named run, over and over; "all": all that don't move the same parts."""
    variant: ModelName | None = None
    """KHR_materials_variants; None: the materials that the model has without a variant."""
    entry_poses: tuple[EntryPose, ...] = Field(min_length=1, max_length=64)
    walkable: Walkable
    hotspots: tuple[Hotspot, ...] = Field(default=(), max_length=500)
    sun: SunLight = SunLight()
    environment: Environment = Environment()
    lightmaps: Annotated[tuple[BakedLight, ...], Field(max_length=64)] = ()
    fov_y_deg: Annotated[float, Field(ge=20, le=120)] = 60.0
    audio: SceneAudio | None = None

    @field_validator("model")
    @classmethod
    def _is_model(cls, value: str) -> str:
        if PurePosixPath(value).suffix.lower() not in MODEL_SUFFIXES:
            raise ValueError(f"must be a file of these: {' '.join(MODEL_SUFFIXES)}")
        return value

    @property
    def fov_y_rad(self) -> float:
        return math.radians(self.fov_y_deg)

    @property
    def zoom_max(self) -> float:
        """There is none: who wants to see more goes closer."""
        return 1.0

    def entry(self, name: str | None = None) -> EntryPose:
        """The entry pose of that name, or the first one."""
        return next((entry for entry in self.entry_poses if entry.name == name), self.entry_poses[0])


AnyScene: TypeAlias = ModelScene | PanoramaScene | LiveScene
"""All types of scenes that there are."""


class Showroom(ManifestModel):
    """The content of showroom.json."""

    format: Literal[1]
    title: Text
    entry_scene: Name
    scenes: dict[Name, Annotated[AnyScene, Field(discriminator="type")]] = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _references_resolve(self) -> Showroom:
        if self.entry_scene not in self.scenes:
            raise ValueError(f"entryScene names '{self.entry_scene}', but scenes has {', '.join(self.scenes)}")
        for name, scene in self.scenes.items():
            ids = [hotspot.id for hotspot in scene.hotspots]
            if len(ids) != len(set(ids)):
                raise ValueError(f"scenes.{name}.hotspots: two hotspots have the same id")
            for hotspot in scene.hotspots:
                if isinstance(hotspot.action, GoToScene) and hotspot.action.scene not in self.scenes:
                    raise ValueError(
                        f"scenes.{name}.hotspots: '{hotspot.id}' goes to '{hotspot.action.scene}', which is no scene"
                    )
        return self


@dataclass(frozen=True, slots=True)
class Package:
    """An opened package: its folder and its validated manifest."""

    root: Path
    showroom: Showroom

    def model_scene(self, scene_name: str) -> ModelScene:
        """What the manifest says of a walk-in scene. Raises PackageError where it is a scene of another type."""
        scene = self.showroom.scenes[scene_name]
        if not isinstance(scene, ModelScene):
            raise PackageError(f"{MANIFEST_NAME}: scenes.{scene_name} is no model, but a {scene.type}")
        return scene

    def content_path(self, scene_name: str) -> Path:
        """The file that a scene is made of. Raises PackageError where it is not inside the package."""
        scene = self.showroom.scenes[scene_name]
        match scene:
            case ModelScene():
                return self.path(f"scenes.{scene_name}.model", scene.model)
            case PanoramaScene():
                return self.path(f"scenes.{scene_name}.image", scene.image)
            case LiveScene() if is_address(scene.source):
                raise PackageError(f"{MANIFEST_NAME}: scenes.{scene_name} comes from an address, and not from a file")
            case LiveScene():
                return self.path(f"scenes.{scene_name}.source", scene.source)

    def video_source(self, scene_name: str) -> str | Path:
        """The address or the file of a scene of video. Raises PackageError where a file is not inside the package."""
        scene = self.showroom.scenes[scene_name]
        if not isinstance(scene, LiveScene):
            raise PackageError(f"{MANIFEST_NAME}: scenes.{scene_name} is no video, but a {scene.type}")
        return scene.source if is_address(scene.source) else self.content_path(scene_name)

    def audio_path(self, scene_name: str) -> Path | None:
        """The sound file of a scene that has one. Raises PackageError where it is not inside the package."""
        audio = self.showroom.scenes[scene_name].audio
        return None if audio is None else self.path(f"scenes.{scene_name}.audio.file", audio.file)

    def narrations(self, scene_name: str) -> dict[str, tuple[Narration, Path]]:
        """What is told on the cards of a scene, by hotspot. Raises PackageError where a file is not in the package."""
        found = {}
        for hotspot in self.showroom.scenes[scene_name].hotspots:
            if isinstance(hotspot.action, OpenCard) and (audio := hotspot.action.audio) is not None:
                field = f"scenes.{scene_name}.hotspots.{hotspot.id}.action.audio.file"
                found[hotspot.id] = audio, self.path(field, audio.file)
        return found

    def files(self) -> Iterator[tuple[str, str]]:
        """All files that the manifest names: the field, and the path in the package."""
        for name, scene in self.showroom.scenes.items():
            match scene:
                case ModelScene():
                    yield f"scenes.{name}.model", scene.model
                    if scene.environment.image is not None:
                        yield f"scenes.{name}.environment.image", scene.environment.image
                    for index, lightmap in enumerate(scene.lightmaps):
                        yield f"scenes.{name}.lightmaps.{index}.image", lightmap.image
                case PanoramaScene():
                    yield f"scenes.{name}.image", scene.image
                case LiveScene() if not is_address(scene.source):
                    yield f"scenes.{name}.source", scene.source
            if scene.audio is not None:
                yield f"scenes.{name}.audio.file", scene.audio.file
            for hotspot in scene.hotspots:
                if isinstance(hotspot.action, OpenCard) and hotspot.action.audio is not None:
                    yield f"scenes.{name}.hotspots.{hotspot.id}.action.audio.file", hotspot.action.audio.file

    def path(self, field: str, relative: str) -> Path:
        """The file that a field names. Raises PackageError where it is not inside the package."""
        path = (self.root / relative).resolve()
        if not path.is_relative_to(self.root.resolve()):
            raise PackageError(f"{MANIFEST_NAME}: {field}: leads out of the package: {relative}")
        if not path.is_file():
            raise PackageError(f"{MANIFEST_NAME}: {field}: no file {relative} in {self.root}")
        return path


def open_package(root: Path) -> Package:
    """Open a package folder.

    Raises PackageError, with the file and the field in its message, where anything is wrong.
    """
    package, findings = examine_package(root)
    told = [
        f"{finding.file}: {finding.place or 'top level'}: {finding.message}"
        for finding in findings
        if finding.severity is Severity.ERROR
    ]
    if package is None or told:
        raise PackageError("\n".join(told))
    return package


def examine_package(root: Path) -> tuple[Package | None, tuple[Finding, ...]]:
    """All that is wrong with the manifest of a package folder, and the package, unless the manifest can't be used.

    With errors for files that are not there it can be used, but not served.
    """
    log = FindingLog(str(root / MANIFEST_NAME))
    try:
        data = read_plain_file(root / MANIFEST_NAME, MANIFEST_MAX_BYTES)
    except UnreadableFileError as error:
        log.error("", str(error), "IO_ERROR")
        return None, log.findings()
    tree = parse_json(data, log)
    if tree is None:
        return None, log.findings()
    try:
        package = Package(root, Showroom.model_validate(tree))
    except ValidationError as error:
        for item in islice(error.errors(include_url=False, include_input=False), _TOLD_MAX):
            log.error(place_of(place_in_file(item["loc"], tree)), told_of(item), "MANIFEST_INVALID")
        return None, log.findings()
    for field, relative in package.files():
        try:
            package.path(field, relative)
        except PackageError as error:
            log.raised(error, "FILE_MISSING")
    return package, log.findings()

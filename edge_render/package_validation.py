"""Whether a package can be published: its manifest, all files that it names, and whether these fit each other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Final

from edge_render.budgets import Budget, check_files, check_scene
from edge_render.errors import PackageError, VideoError
from edge_render.findings import Finding, FindingLog, worst_first
from edge_render.gltf.loader import ExaminedModel, examine_model
from edge_render.manifest import GoToScene
from edge_render.package import MANIFEST_NAME, AnyScene, ModelScene, Package, examine_package
from edge_render.panorama.check import check as check_panorama
from edge_render.panorama.spec import Layout, PanoramaScene
from edge_render.scene import Texture
from edge_render.scene_content import choose
from edge_render.scene_cost import SceneCost, model_cost
from edge_render.scene_fit import check_fit
from edge_render.scene_light import read_lightmap, with_lightmaps
from edge_render.validation import ModelFacts, SoundCheck, ValidationReport, facts_of
from edge_render.video.address import is_address
from edge_render.video.check import check_file
from edge_render.video.spec import LiveScene
from edge_render.walk_space import OccupancyGrid

_FILES_MAX: Final = 10_000
"""Of a package's folder, looked at for files that nothing names."""


@dataclass
class PackageValidation:
    """Of one package. Each model is read once, however many scenes show it."""

    root: Path
    check_sound: SoundCheck
    budget: Budget | None = None
    _costs: list[SceneCost] = field(default_factory=list)
    _models: dict[Path, ExaminedModel] = field(default_factory=dict)
    _panoramas: dict[tuple[Path, Layout], list[Finding]] = field(default_factory=dict)
    _used: set[Path] = field(default_factory=set)

    def report(self) -> ValidationReport:
        """Do it."""
        package, findings = examine_package(self.root)
        if package is None:
            return ValidationReport("package", findings, ())
        log = FindingLog(str(self.root / MANIFEST_NAME), findings)
        for name, scene in package.showroom.scenes.items():
            self._check_scene(package, name, scene, log)
            _check_links(package, name, scene, log)
        self._check_sounds(package, log)
        self._check_unused(log)
        if self.budget is not None:
            for cost in self._costs:
                check_scene(cost, self.budget, log)
        found = [*log.findings(), *chain.from_iterable(self._panoramas.values())]
        if self.budget is not None:
            sizes_bytes = ((str(path), path.stat().st_size) for path in islice(_files(self.root), _FILES_MAX))
            found += check_files(sizes_bytes, log.file, self.budget)
        facts: list[ModelFacts] = []
        for path, examined in self._models.items():
            file = self._shown(path)
            found += (replace(finding, file=file) for finding in examined.findings)
            facts += facts_of(file, examined)
        scenes = tuple(package.showroom.scenes)
        title, costs = package.showroom.title, tuple(self._costs)
        return ValidationReport("package", worst_first(found), tuple(facts), scenes, costs, title=title)

    def _shown(self, path: Path) -> str:
        return str(self.root / path.relative_to(self.root.resolve()))

    def _check_scene(self, package: Package, name: str, scene: AnyScene, log: FindingLog) -> None:
        """What the scene is made of; one method for each type of scene."""
        try:
            match scene:
                case ModelScene():
                    self._check_model(package, name, scene, log)
                case PanoramaScene():
                    self._check_panorama(package.content_path(name), scene.layout)
                    self._costs.append(SceneCost(name, scene.type))
                case LiveScene() if not is_address(scene.source):
                    check_file(package.content_path(name))
        except VideoError as error:
            log.error(f"scenes.{name}.source", str(error), "VIDEO_INVALID")
        except PackageError as error:
            # A file that is missing is told already.
            if not any(finding.place.startswith(f"scenes.{name}.") for finding in log.findings()):
                log.error(f"scenes.{name}", str(error), "CONTENT_INVALID")

    def _check_light(self, package: Package, name: str, spec: ModelScene, log: FindingLog) -> list[Texture]:
        """The pictures of its lightmaps; fewer where some can't be read."""
        image = spec.environment.image
        if image is not None and (path := _present(package, f"scenes.{name}.environment.image", image)) is not None:
            self._check_panorama(path, Layout.MONO)
        textures: list[Texture] = []
        for index, lightmap in enumerate(spec.lightmaps):
            place = f"scenes.{name}.lightmaps.{index}.image"
            if _present(package, place, lightmap.image) is None:
                continue
            try:
                textures.append(read_lightmap(package, place, lightmap))
            except PackageError as error:
                log.raised(error, "LIGHTMAP_INVALID")
        return textures

    def _check_model(self, package: Package, name: str, spec: ModelScene, log: FindingLog) -> None:
        lightmaps = self._check_light(package, name, spec, log)
        path = package.content_path(name)
        if path not in self._models:
            self._models[path] = examine_model(path, name=name)
            self._used.update(self._models[path].files)
        scene = self._models[path].scene
        if scene is None:
            return
        try:
            scene = choose(scene, spec, f"scenes.{name}")
        except PackageError as error:
            log.raised(error, "CHOICE_UNKNOWN")
        if len(lightmaps) == len(spec.lightmaps):
            self._costs.append(model_cost(name, with_lightmaps(scene, spec, lightmaps)))
        check_fit(name, spec, scene, OccupancyGrid(scene, spec.walkable), log)

    def _check_panorama(self, path: Path, layout: Layout) -> None:
        if (path, layout) not in self._panoramas:
            found = check_panorama(path, layout)
            self._panoramas[path, layout] = [replace(finding, file=self._shown(path)) for finding in found]

    def _check_sounds(self, package: Package, log: FindingLog) -> None:
        told: dict[Path, str | None] = {}
        for place, relative in package.files():
            if (path := _present(package, place, relative)) is None:
                continue
            self._used.add(path)
            if not place.endswith("audio.file"):
                continue
            if path not in told:
                told[path] = self.check_sound(path)
            if (wrong := told[path]) is not None:
                log.error(place, f"{relative} {wrong}", "SOUND_INVALID")

    def _check_unused(self, log: FindingLog) -> None:
        known = {*self._used, (self.root / MANIFEST_NAME).resolve()}
        for number, path in enumerate(_files(self.root)):
            if number >= _FILES_MAX:
                log.warning("", f"there are more than {_FILES_MAX} files in the folder", "UNUSED_FILE")
                return
            if path.resolve() not in known:
                log.warning("", f"nothing uses {path.relative_to(self.root)}", "UNUSED_FILE")


def _present(package: Package, place: str, relative: str) -> Path | None:
    """The file that a field names. That one is missing is told when the manifest is read."""
    try:
        return package.path(place, relative)
    except PackageError:
        return None


def _check_links(package: Package, name: str, scene: AnyScene, log: FindingLog) -> None:
    for hotspot in scene.hotspots:
        action = hotspot.action
        if not isinstance(action, GoToScene) or action.entry is None:
            continue
        target = package.showroom.scenes[action.scene]
        if target.entry(action.entry).name != action.entry:
            message = f"scene '{action.scene}' has no entry '{action.entry}'; its first one is taken"
            log.warning(f"scenes.{name}.hotspots.{hotspot.id}.action.entry", message, "ENTRY_UNKNOWN")


def _files(root: Path) -> Iterator[Path]:
    """All files below, but for hidden ones; links to folders are not followed."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                yield Path(folder, name)

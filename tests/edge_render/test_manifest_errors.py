"""Mistakes in a showroom.json are told by the fields that the file has."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from edge_render.manifest_errors import place_in_file, told_of
from edge_render.package import Showroom

TEXT = {"en": "x", "zh": "x"}


def manifest(**scene: Any) -> dict[str, Any]:
    hall = {"type": "panorama", "image": "hall.jpg", **scene}
    return {"format": 1, "title": TEXT, "entryScene": "hall", "scenes": {"hall": hall}}


def link(**action: Any) -> dict[str, Any]:
    return {
        "id": "out",
        "yawDeg": 0,
        "pitchDeg": 0,
        "label": TEXT,
        "action": {"type": "scene", "scene": "hall"} | action,
    }


def model(**fields: Any) -> dict[str, Any]:
    return {"format": 1, "title": TEXT, "entryScene": "hall", "scenes": {"hall": {"type": "model", **fields}}}


@pytest.mark.parametrize(
    ("tree", "place", "told"),
    [
        (manifest(imgae="x"), ("imgae",), "misspelt"),
        (manifest(type="pano"), (), "type is 'pano', but must be one of 'model', 'panorama', 'live'"),
        (manifest(hotspots=[link(scen="hall")]), ("hotspots", 0, "action", "scen"), "misspelt"),
        # A link's type is 'scene', and it has a field of that name too.
        (manifest(hotspots=[link(scene="The Hall")]), ("hotspots", 0, "action", "scene"), "names are lower-case"),
        (manifest(hotspots=[link(transition={"type": "fade", "ms": 9000})]),
         ("hotspots", 0, "action", "transition", "ms"), "5000"),
        (manifest(hotspots=[link(transition={"ms": 9})]), ("hotspots", 0, "action", "transition"), "has no type"),
        (model(model="../hall.glb"), ("model",), "inside the package"),
        (model(model="hall.glb"), ("entryPoses",), "is missing"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_where_it_is_in_the_file(
    tree: dict[str, Any], place: tuple[int | str, ...], told: str
) -> None:
    with pytest.raises(ValidationError) as raised:
        Showroom.model_validate(tree)
    found = {place_in_file(item["loc"], tree): told_of(item) for item in raised.value.errors()}
    assert told in found["scenes", "hall", *place]


def test_a_scene_with_a_name_that_is_none_is_told_by_that_name() -> None:
    tree = manifest()
    tree["scenes"]["Main Hall"] = tree["scenes"]["hall"]
    with pytest.raises(ValidationError) as raised:
        Showroom.model_validate(tree)
    assert [place_in_file(item["loc"], tree) for item in raised.value.errors()] == [("scenes", "Main Hall")]

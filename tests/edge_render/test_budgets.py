"""What a package may cost the weakest edge that it is meant for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_render.budgets import BUDGETS, NEAR, check_files, check_scene
from edge_render.findings import FindingLog, Severity
from edge_render.mipmaps import make_mipmaps, mipmaps_bytes
from edge_render.render_quality import Rung
from edge_render.scene import MinFilter, Texture, TextureUse
from edge_render.scene_cost import SceneCost
from tests.edge_render.tiny_scenes import matte, placed, quads

SOFTWARE = BUDGETS[Rung.SOFTWARE]
HALL = SceneCost("hall", "model", triangles=1000, textures=1, texture_bytes=1000, texture_px_max=1024)


def told(cost: SceneCost) -> list[tuple[Severity, str, str]]:
    log = FindingLog("showroom.json")
    check_scene(cost, SOFTWARE, log)
    return [(found.severity, found.place, found.code) for found in log.findings()]


def test_what_is_cheap_is_not_spoken_of() -> None:
    assert told(HALL) == []


@pytest.mark.parametrize(
    ("field", "most", "code"),
    [
        ("triangles", SOFTWARE.triangles, "BUDGET_TRIANGLES"),
        ("texture_bytes", SOFTWARE.texture_bytes, "BUDGET_TEXTURE_BYTES"),
    ],
)
def test_near_a_budget_there_is_a_warning_and_beyond_it_an_error(field: str, most: int, code: str) -> None:
    near = int(NEAR * most)
    assert told(replace(HALL, **{field: near})) == []
    assert told(replace(HALL, **{field: near + 1})) == [(Severity.WARNING, "scenes.hall.model", code)]
    assert told(replace(HALL, **{field: most})) == [(Severity.WARNING, "scenes.hall.model", code)]
    assert told(replace(HALL, **{field: most + 1})) == [(Severity.ERROR, "scenes.hall.model", code)]


def test_a_texture_of_just_the_budget_is_fine() -> None:
    assert told(replace(HALL, texture_px_max=4096)) == []
    assert told(replace(HALL, texture_px_max=4097)) == [(Severity.ERROR, "scenes.hall.model", "BUDGET_TEXTURE_SIDE")]


def test_files_are_told_by_their_names_and_all_together_by_the_manifests() -> None:
    big, huge = SOFTWARE.file_bytes, SOFTWARE.file_bytes + 1
    found = check_files([("a.glb", 5), ("b.glb", huge), *[(f"{n}.glb", big) for n in range(3)]], "m", SOFTWARE)
    assert [(finding.severity, finding.file, finding.code) for finding in found] == [
        (Severity.ERROR, "b.glb", "BUDGET_FILE_BYTES"),
        *[(Severity.WARNING, f"{n}.glb", "BUDGET_FILE_BYTES") for n in range(3)],
        (Severity.ERROR, "m", "BUDGET_PACKAGE_BYTES"),
    ]
    assert found[0].message == "has 512 MiB in this file; the budget of this class of edges is 512 MiB"


def test_a_stronger_class_has_no_smaller_budget() -> None:
    weak, middle, strong = (BUDGETS[rung].told() for rung in Rung)
    for name in weak:
        assert weak[name] <= middle[name] <= strong[name]


@given(width=st.integers(1, 40), height=st.integers(1, 40), min_filter=st.sampled_from([None, *MinFilter]))
def test_the_size_of_mipmaps_is_known_without_making_them(
    width: int, height: int, min_filter: MinFilter | None
) -> None:
    texture = Texture("grey", np.full((height, width, 4), 128, np.uint8), min_filter=min_filter)
    scene = quads([(matte(base_color_texture=TextureUse(0)), placed())], textures=(texture,))
    assert mipmaps_bytes(scene) == sum(mipmaps.size_bytes for mipmaps in make_mipmaps(scene).values())

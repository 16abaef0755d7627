"""How images are made: reproducibly, and of what they need."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.deploy.installation import EVERYTHING, containers, rendered

IMAGES = Path(__file__).parents[2] / "deploy" / "images"
NAMES = ("admin", "gateway", "renderer")
INSTALL = re.compile(r"pip (?:--python \S+ )?install(?:.|\\\n)*?(?:/requirements/\S+\.txt|\.whl)")


@pytest.fixture(params=NAMES)
def containerfile(request: pytest.FixtureRequest) -> str:
    """Of each image, without its name."""
    name: str = request.param
    return (IMAGES / name / "Containerfile").read_text()


def test_the_manifests_use_all_images_and_no_others(kubectl: str) -> None:
    used = {one.spec["image"].partition(":")[0] for name in EVERYTHING for one in containers(rendered(kubectl, name))}
    assert {f"edge-render-{folder.name}" for folder in IMAGES.iterdir()} == used


def test_packages_are_checked_by_hash_and_nothing_is_compiled_from_source(containerfile: str) -> None:
    for install in re.findall(
        r"pip (?:--python \S+ )?install(?:.|\\\n)*?(?:/requirements/\S+\.txt|\.whl)", containerfile
    ):
        assert "--no-deps" in install
        assert "--require-hashes" in install or "--no-index" in install
    assert "--only-binary :all:" in containerfile


def test_the_last_stage_has_neither_pip_nor_root(containerfile: str) -> None:
    last = containerfile.rpartition("\nFROM ")[2]
    assert "RUN" not in last
    assert "USER 10001:10001" in last
    assert 'ENTRYPOINT ["tini", "--"]' in last
    assert last.index("COPY --from=dependencies") < last.index("COPY --from=code"), "what changes least comes first"


@pytest.mark.parametrize("file", sorted(IMAGES.glob("*/Containerfile")), ids=lambda file: file.parent.name)
def test_the_base_can_be_pinned_by_its_digest(file: Path) -> None:
    text = file.read_text()
    assert "ARG BASE_IMAGE=" in text
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) <= {"${BASE_IMAGE}", "system", "dependencies"}

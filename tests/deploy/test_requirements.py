"""Each image has the packages that its code needs, in the versions that all tests ran with, and no others."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMAGES = ("gateway", "renderer", "admin")
COMMANDS = {
    "gateway": [
        "control.commands.gateway_command",
        "control.commands.gateway_keys_command",
        "control.kube.kubernetes_api",
        "control.kube.kubernetes_cluster",
        "control.kube.key_secret",
    ],
    "renderer": ["control.commands.serve_commands", "edge_render.demo", "control.sync.follower"],
    "admin": [
        "control.commands.admin_command",
        "control.commands.publish_command",
        "control.commands.serve_commands",
        "control.commands.sites_command",
        "control.commands.validate_command",
    ],
}
"""What each image is started for, with what it imports only when it is needed."""
STRIPPED = """
import importlib, sys
missing, *modules = sys.argv[1:]
missing = set(missing.split(","))
class Missing:
    def find_spec(self, module, path=None, target=None):
        if module.partition(".")[0] in missing:
            raise ModuleNotFoundError(f"{module} is not in this image", name=module)
sys.meta_path.insert(0, Missing())
for module in modules:
    importlib.import_module(module)
"""
"""A Python that has only some of the packages that are installed."""
HEAVY = {"numpy", "scipy", "av", "aiortc", "moderngl", "trimesh", "sqlalchemy", "kubernetes", "edge_render", "stream"}


def pins(path: Path) -> dict[str, frozenset[str]]:
    """Hashes by NAME==VERSION."""
    entries: dict[str, frozenset[str]] = {}
    for entry in re.split(r"\n(?=\S)", path.read_text()):
        pin = re.match(r"[\w.-]+==[^\s;]+", entry)
        if pin is not None:
            entries[pin[0]] = frozenset(re.findall(r"--hash=(\S+)", entry))
    return entries


def asked(name: str) -> set[str]:
    """The names of an image's .in file, with those of the file that it includes."""
    names: set[str] = set()
    for line in (ROOT / "requirements" / f"{name}.in").read_text().splitlines():
        if line.startswith("-r "):
            names |= asked(line.removeprefix("-r ").removesuffix(".in"))
        elif not line.startswith("#"):
            names.add(line)
    return names


@cache
def installed() -> dict[str, list[str]]:
    """Names of packages, as lock files write them, by the modules that they bring."""
    return {
        module: [re.sub(r"[-_.]+", "-", owner).lower() for owner in owners]
        for module, owners in packages_distributions().items()
    }


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_has_versions_and_hashes_of_the_lock_file(image: str) -> None:
    locked = pins(ROOT / "requirements" / "lock.txt")
    own = pins(ROOT / "requirements" / f"{image}.txt")
    assert own
    assert {pin: hashes for pin, hashes in own.items() if locked.get(pin) != hashes} == {}, "see CONTRIBUTING.md"


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_is_made_of_dependencies_of_the_project(image: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    dependencies = {re.split(r"[<>=]", one)[0] for one in project["dependencies"]}
    assert asked(image) <= dependencies
    names = {re.sub(r"\[.*\]", "", name) for name in asked(image)}
    assert names <= {pin.partition("==")[0] for pin in pins(ROOT / "requirements" / f"{image}.txt")}


def test_every_dependency_of_the_project_is_in_some_image() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    dependencies = {re.split(r"[<>=]", one)[0] for one in project["dependencies"]}
    assert dependencies == set().union(*(asked(image) for image in IMAGES))


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_can_run_its_commands_with_what_it_has(image: str) -> None:
    here = {"edge-render", *(pin.partition("==")[0] for pin in pins(ROOT / "requirements" / f"{image}.txt"))}
    missing = {module for module, owners in installed().items() if not here & set(owners)}
    command = [sys.executable, "-c", STRIPPED, ",".join(missing), *COMMANDS[image]]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert ended.returncode == 0, ended.stderr


def test_a_gateway_starts_without_what_draws_streams_or_keeps_content() -> None:
    loaded = "import sys; from control.commands import gateway_command; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True, cwd=ROOT)
    assert HEAVY & {module.partition(".")[0] for module in ended.stdout.split()} == set()

"""What importing costs: the package itself loads no driver and no heavy library."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"moderngl", "trimesh", "pyrender", "av", "aiortc", "fastapi"}


@pytest.mark.parametrize(
    "module",
    ["edge_render", "edge_render.frame", "edge_render.renderer", "edge_render.scene", "edge_render.render_loop"],
)
def test_contracts_are_light(module: str) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", f"import sys, {module}; print(*sys.modules)"], check=True, capture_output=True, text=True
    ).stdout.split()
    assert HEAVY.isdisjoint(loaded)

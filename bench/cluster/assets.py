"""Where the control plane's programs are: by envtest's convention, else where scripts/kubernetes-assets puts them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.cluster.errors import AssetsMissing

VARIABLE: Final = "KUBEBUILDER_ASSETS"
SCRIPT: Final = Path(__file__).parents[2] / "scripts" / "kubernetes-assets"
NEEDED: Final = ("etcd", "kube-apiserver", "kubectl")
"""What envtest's archives have. The controllers and the scheduler are looked for when somebody wants them."""


@dataclass(frozen=True, slots=True)
class Assets:
    """A folder of programs."""

    folder: Path

    def program(self, name: str) -> str:
        """Raises AssetsMissing."""
        path = self.folder / name
        if not os.access(path, os.X_OK):
            raise AssetsMissing(f"{self.folder} has no program {name}; {_how_to_get_them()}")
        return str(path)


def find_assets() -> Assets:
    """Looks, and builds nothing. Raises AssetsMissing."""
    told = os.environ.get(VARIABLE)
    folder = Path(told) if told else Path(_script("--where"))
    assets = Assets(folder)
    for name in NEEDED:
        assets.program(name)
    return assets


def _script(option: str) -> str:
    ended = subprocess.run([SCRIPT, option], capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise AssetsMissing(f"{SCRIPT} {option} failed: {ended.stderr.strip()}")
    return ended.stdout.strip()


def _how_to_get_them() -> str:
    return f"run scripts/kubernetes-assets, or set {VARIABLE} to a folder that `setup-envtest use` made"

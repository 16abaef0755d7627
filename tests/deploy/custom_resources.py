"""Definitions of the kinds that others bring: of the Prometheus operator and of KEDA, from their own Go modules.

They are not copied into this repository; the Go module proxy has them, each module once and then Go's own cache.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

MODULES = {
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": (
        "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml",
        "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
        "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
    ),
    "github.com/kedacore/keda/v2@v2.17.2": ("config/crd/bases/keda.sh_scaledobjects.yaml",),
}


def definitions() -> list[Path]:
    """Their files; none where Go or the proxy is out of reach: then those kinds are not validated."""
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        return []
    files: list[Path] = []
    for module, names in MODULES.items():
        ended = subprocess.run([go, "mod", "download", "-json", module], capture_output=True, text=True, check=False)
        if ended.returncode == 0:
            folder = Path(json.loads(ended.stdout)["Dir"])
            files += [folder / name for name in names]
    return files

"""Start each image as in a cluster and print its size, memory and start. As root, with buildah: `make test-images`.

``--rebuild`` builds each twice without any cache, and compares the layers.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bench.images.started import ImageFailed, free_port, layers, start

ROOT: Final = Path(__file__).parents[2]
MIB: Final = 2**20
_GATEWAY: Final = (
    "edge-render gateway-keys --folder /tmp/keys >/dev/null && exec edge-render gateway --signing-key "
    "/tmp/keys/private.jwk --renderers none=http://127.0.0.1:9"
)


def main() -> None:
    """Exits with 1 where an image does not start, or comes out otherwise when it is built again."""
    parser = argparse.ArgumentParser("python -m bench.images", description=__doc__)
    parser.add_argument("images", nargs="*", default=["gateway", "renderer", "admin"])
    parser.add_argument("--tag", default="0.1.0")
    parser.add_argument("--rebuild", action="store_true", help="build each twice, and compare")
    options = parser.parse_args()
    failed = False
    print(f"{'image':10}{'MiB':>8}{'of it ours':>12}{'start s':>9}{'memory MiB':>12}  built again")
    for name in options.images:
        image = f"localhost/edge-render-{name}:{options.tag}"
        try:
            total, ours = _sizes(image)
            port = free_port()
            began = start(image, _command(name), _variables(name, port), "/healthz", port)
            same = _rebuilt(name) if options.rebuild else "-"
        except ImageFailed as error:
            print(f"{name:10} failed: {error}")
            failed = True
            continue
        figures = f"{total / MIB:8.0f}{ours / MIB:12.0f}{began.seconds:9.1f}{began.resident_bytes / MIB:12.0f}"
        print(f"{name:10}{figures}  {same}", flush=True)
        failed = failed or same.startswith("differs")
    raise SystemExit(failed)


def _command(name: str) -> list[str] | None:
    return ["sh", "-c", _GATEWAY] if name == "gateway" else None


def _variables(name: str, port: int) -> Mapping[str, str]:
    if name == "admin":
        return {"EDGE_RENDER_ADMIN_PORT": str(port), "EDGE_RENDER_ADMIN_DATA_FOLDER": "/tmp/admin"}
    return {"EDGE_RENDER_PORT": str(port)} | ({"EDGE_RENDER_CACHE_FOLDER": "/tmp/cache"} if name == "renderer" else {})


def _sizes(image: str) -> tuple[int, int]:
    """Bytes of all layers, and of the newest: the code."""
    told = subprocess.run(["buildah", "images", "--json", image], capture_output=True, text=True, check=False)
    if told.returncode != 0:
        raise ImageFailed(f"{told.stderr.strip()}; run make images")
    container = subprocess.run(["buildah", "from", "--pull-never", image], capture_output=True, text=True, check=True)
    name = container.stdout.strip()
    try:
        root = Path(
            subprocess.run(["buildah", "mount", name], capture_output=True, text=True, check=True).stdout.strip()
        )
        return _bytes_below(root), _bytes_below(root / "app")
    finally:
        subprocess.run(["buildah", "rm", name], capture_output=True, check=False)


def _bytes_below(folder: Path) -> int:
    ended = subprocess.run(["du", "-sxb", str(folder)], capture_output=True, text=True, check=True)
    return int(ended.stdout.split()[0])


def _rebuilt(name: str) -> str:
    """Twice without the builder's cache, which takes layers of older builds with the times that files had then."""
    options = os.environ.get("IMAGE_OPTIONS", "") + " --no-cache"
    for tag in ("once", "again"):
        variables = os.environ | {"TAG": tag, "IMAGE_OPTIONS": options}
        subprocess.run([ROOT / "scripts" / "images", name], env=variables, stdout=subprocess.DEVNULL, check=True)
    once, again = (layers(f"localhost/edge-render-{name}:{tag}") for tag in ("once", "again"))
    different = [number for number, pair in enumerate(zip(once, again, strict=True)) if pair[0] != pair[1]]
    return "the same layers" if not different else f"differs in layers {different} of {len(once)}"


if __name__ == "__main__":
    main()

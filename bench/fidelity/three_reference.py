"""Pictures of the same shots by three.js in headless Chromium: an independent renderer to compare ours with.

three.js comes from npm, pinned in ``reference/package-lock.json``, once into the cache of derived files; the browser
talks to a server of ours on this machine alone. WebGL is drawn by SwiftShader, so that no GPU is needed.
"""

from __future__ import annotations

import base64
import io
import shutil
import subprocess
import threading
from collections.abc import Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, unquote, urlsplit

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import sync_playwright

from bench.fidelity.shots import Camera, Shot
from bench.node_process import CHROMIUM_FLAGS, chromium_path
from edge_render.derived_cache import DerivedCache, default_cache_folder, file_digest
from edge_render.tone import srgb_from_linear, tone_map

LARGER = 3
"""The reference is drawn at so many times the width and height, and averaged: what is compared is not aliasing."""
TIMEOUT_MS = 120_000


class ReferencePictureError(Exception):
    """three.js, the browser or a model in it failed; the message is theirs."""


def _files() -> Path:
    return Path(str(resources.files("bench.fidelity").joinpath("reference")))


def installed_three(cache: DerivedCache) -> Path:
    """The folder with the page and three.js; from npm the first time. Raises ReferencePictureError where that fails."""

    def install(folder: Path) -> None:
        for name in ("package.json", "package-lock.json", ".npmrc", "index.html", "reference.js"):
            shutil.copy(_files() / name, folder / name)
        done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            raise ReferencePictureError(f"npm ci failed: {done.stderr.strip()[-500:]}")

    digests = "".join(file_digest(_files() / name) for name in ("package-lock.json", "index.html", "reference.js"))
    return cache.entry("three-reference", 1, digests[:16] + digests[64:80] + digests[128:144], install)


class _Handler(SimpleHTTPRequestHandler):
    """The page and three.js at /, any file of this machine that a shot names below /file/."""

    def __init__(self, *arguments: Any, allowed: frozenset[Path], **options: Any) -> None:
        self._allowed = allowed
        super().__init__(*arguments, **options)

    def translate_path(self, path: str) -> str:
        asked = unquote(urlsplit(path).path)
        if asked.startswith("/file/"):
            file = Path(asked.removeprefix("/file")).resolve()
            return str(file) if any(file.is_relative_to(root) for root in self._allowed) else ""
        return super().translate_path(path)

    def log_message(self, format: str, *values: Any) -> None:  # noqa: A002 - the base class calls it so
        """A line for each request would hide what the bench prints."""


class ThreeReferences:
    """A context manager: a browser with three.js, that draws shots."""

    def __init__(self, shots: Sequence[Shot]) -> None:
        """Only the folders of these shots are readable by the page."""
        folder = installed_three(DerivedCache(default_cache_folder()))
        roots = {shot.model.parent.resolve() for shot in shots}
        roots |= {shot.environment.parent.resolve() for shot in shots if shot.environment is not None}
        handler = partial(_Handler, directory=str(folder), allowed=frozenset(roots))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="reference-files")

    def __enter__(self) -> Self:
        self._thread.start()
        self._playwright = sync_playwright().start()
        flags = [flag for flag in CHROMIUM_FLAGS if flag != "--disable-gpu"]
        flags += ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
        self._browser = self._playwright.chromium.launch(executable_path=chromium_path(), args=flags)
        self._page = self._browser.new_page()
        self._page.set_default_timeout(TIMEOUT_MS)
        self._page.goto(f"http://127.0.0.1:{self._server.server_port}/index.html")
        self._page.wait_for_function("window.ready === true")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._browser.close()
        self._playwright.stop()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def draw(self, shot: Shot, camera: Camera, clips: Sequence[int]) -> NDArray[np.uint8]:
        """A shot as (height, width, 3) uint8 sRGB, with these clips running. Raises ReferencePictureError."""
        spec = shot.spec
        background = srgb_from_linear(tone_map(np.multiply(spec.background, spec.exposure)))
        description = {
            "model": _url(shot.model),
            "environment": _url(shot.environment) if shot.environment else None,
            "environmentIntensity": spec.environment_intensity,
            "environmentRotation": float(np.radians(spec.environment_rotation_deg)),
            "environmentShown": spec.environment_shown,
            "exposure": spec.exposure,
            "background": [float(value) for value in background],
            "sun": spec.sun.model_dump() if spec.sun else None,
            "variant": spec.variant,
            "clips": list(clips),
            "timeS": spec.time_s,
            "width": spec.size[0],
            "height": spec.size[1],
            "larger": LARGER,
            "fovYDeg": float(np.degrees(camera.fov_y_rad)),
            "near": camera.near_m,
            "far": camera.far_m,
            "cameraMatrix": [float(value) for value in camera.pose.world_matrix().T.reshape(-1)],
        }
        try:
            url = str(self._page.evaluate("(shot) => drawShot(shot)", description))
        except BrowserError as error:
            raise ReferencePictureError(f"{shot.label}: three.js: {str(error).splitlines()[0]}") from error
        with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as image:
            return np.asarray(image.convert("RGB").reduce(image.width // spec.size[0]))


def _url(file: Path) -> str:
    return "/file" + quote(str(file.resolve()))

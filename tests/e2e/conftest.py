"""A real server process, and a real headless Chromium that looks at it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from edge_render.demo import build_demo

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READY_TIMEOUT_S = 60.0


class Server:
    """An ``edge-render node`` in a process of its own, that can be killed and started again on the same port."""

    def __init__(self, package: Path, *options: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [
            str(Path(sys.executable).with_name("edge-render")),
            *("node", "--package", str(package), "--port", str(self.port), "--pixel-format", "rgba", *options),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it is ready."""
        self._process = subprocess.Popen(self._command)
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not self._ready():
            assert self._process.poll() is None, "the server ended while it was starting"
            assert time.monotonic() < deadline, "the server did not become ready"
            time.sleep(0.1)  # another process: there is no event to wait for

    def _ready(self) -> bool:
        try:
            return bool(self.get("/readyz"))
        except (urllib.error.URLError, ConnectionError):
            return False

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=10) as response:
            return str(response.read().decode())

    def metric(self, name: str) -> float:
        """The value of a metric line, such as ``edge_render_visits``."""
        line = next(line for line in self.get("/metrics").splitlines() if line.startswith(name + " "))
        return float(line.split()[-1])

    def kill(self) -> None:
        """End it without a goodbye."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """End it as an operator does; it must end by itself."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            assert self._process.wait(timeout=20) in (0, -signal.SIGTERM)


@pytest.fixture(scope="session")
def demo_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    build_demo(folder)
    return folder


@contextmanager
def running(server: Server) -> Iterator[Server]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def server(demo_package: Path) -> Iterator[Server]:
    with running(Server(demo_package, "--max-visits", "2")) as started:
        yield started


def chromium_path() -> str | None:
    """Debian's Chromium; None where Playwright has brought its own."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    # Playwright's wait_for_function evaluates strings, which the page's policy forbids; one test keeps the policy.
    opened = browser.new_context(viewport={"width": 960, "height": 540}, locale="en-GB", bypass_csp=True)
    yield opened
    opened.close()


@pytest.fixture
def open_page(context: BrowserContext) -> Callable[[str], Page]:
    """Opens the viewer and waits for its first frame; a script error of the page fails the test."""

    def open_it(url: str) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"script error in the page: {error}"))
        page.goto(url)
        page.wait_for_function("window.edgeRender?.state === 'live'", timeout=30_000)
        return page

    return open_it

"""An ``edge-render node`` in a process of its own, and where the browser is: for benches and end-to-end tests."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.free_port import free_port

READY_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 20.0
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium_path() -> str | None:
    """The system's Chromium; None where only Playwright's own may be there."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium")


class NodeProcess:
    """A context manager; can be killed and started again on the same port."""

    def __init__(self, package: Path | None, *options: str, program: Sequence[str] | None = None) -> None:
        """Without a package, ``options`` say what to show. ``program``: what to run in the place of ``edge-render
        node``; it takes ``--package`` and ``--port`` too."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        edge_render = (str(Path(sys.executable).with_name("edge-render")), "node")
        shown = () if package is None else ("--package", str(package))
        self._command = [*(program or edge_render), *shown, "--port", str(self.port), *options]
        self._process: subprocess.Popen[bytes] | None = None

    def add_options(self, *options: str) -> None:
        """Options that name the node's own port or URL."""
        self._command += options

    @property
    def pid(self) -> int:
        assert self._process is not None, "it was started"
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def launch(self) -> None:
        """Start, and wait until it answers: without something to show it is not ready."""
        self._wait_for("/healthz")

    def start(self) -> None:
        """Start, and wait until it is ready."""
        self._wait_for("/readyz")

    def _wait_for(self, page: str) -> None:
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not self._answers(page):
            if self._process.poll() is not None:
                raise RuntimeError(f"{' '.join(self._command)} ended with status {self._process.returncode}")
            if time.monotonic() > deadline:
                raise RuntimeError("the node did not become ready")
            time.sleep(0.1)  # another process: there is no event to wait for

    def _answers(self, page: str) -> bool:
        try:
            return bool(self.get(page))
        except (urllib.error.URLError, ConnectionError):
            return False

    def get(self, path: str) -> str:
        """The body of a page of the node."""
        with urllib.request.urlopen(self.url + path, timeout=10) as response:
            return str(response.read().decode())

    def metric(self, name: str) -> float:
        """The value of a metric line, such as ``edge_render_visits``."""
        line = next(line for line in self.get("/metrics").splitlines() if line.startswith(name + " "))
        return float(line.split()[-1])

    def wait(self) -> int:
        """Wait until it has ended by itself; returns the exit status. Raises TimeoutExpired."""
        assert self._process is not None, "it was started"
        return self._process.wait(timeout=STOP_TIMEOUT_S)

    def kill(self) -> None:
        """End it without a goodbye."""
        assert self._process is not None, "it was started"
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """End it as an operator does. Raises TimeoutExpired where it does not end by itself."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(timeout=STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.kill()
                raise

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()  # one that did not become ready, or was not waited for, must not stay behind
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

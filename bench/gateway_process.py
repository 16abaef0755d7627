"""A real ``edge-render gateway`` in a process of its own, with the renderers that it is told of: for benches and
end-to-end tests. No Kubernetes: the renderers are given by options."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.free_port import free_port
from bench.node_process import NodeProcess
from control.fleet.tokens import new_signing_key

READY_S = 60.0
STOP_S = 20.0
DRAIN_OPTIONS = ("--drain-wait-s", "0", "--hand-over-s", "15")


@dataclass(frozen=True, slots=True)
class FleetKeys:
    """The files of the key by which gateways sign: the private one for them, the public one for renderers."""

    private: Path
    public: Path

    @classmethod
    def make(cls, folder: Path) -> FleetKeys:
        """A new key, as ``edge-render gateway-keys`` makes one."""
        key = new_signing_key()
        made = cls(folder / "private.jwk", folder / "public.jwks")
        made.private.write_text(json.dumps(key.as_dict(private=True)), "utf-8")
        made.public.write_text(json.dumps({"keys": [key.as_dict(private=False)]}), "utf-8")
        return made


class GatewayProcess:
    """A context manager; can be killed and started again on the same port, which is then another replica."""

    def __init__(self, keys: FleetKeys, renderers: Sequence[NodeProcess], *options: str) -> None:
        """``renderers``: as ``renderer_process`` makes them."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [
            str(Path(sys.executable).with_name("edge-render")),
            "gateway",
            *("--port", str(self.port), "--signing-key", str(keys.private)),
            *("--renderers", ",".join(f"{fleet_name(renderer)}={renderer.url}" for renderer in renderers)),
            *options,
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it knows its renderers."""
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + READY_S
        while not self._ready():
            if self._process.poll() is not None:
                raise RuntimeError(f"{' '.join(self._command)} ended with status {self._process.returncode}")
            if time.monotonic() > deadline:
                raise RuntimeError("the gateway did not become ready")
            time.sleep(0.05)  # another process: there is no event to wait for

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=10) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, ConnectionError):
            return False

    def get(self, path: str) -> Any:
        """The JSON of a page of the gateway."""
        with urllib.request.urlopen(self.url + path, timeout=10) as response:
            return json.loads(response.read())

    def kill(self) -> None:
        """As if the power went."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it as an operator does. Raises TimeoutExpired where it does not end by itself."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_S)
            finally:
                self.kill()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()  # one that did not become ready must not stay behind
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()


def fleet_name(renderer: NodeProcess) -> str:
    """How a renderer is called in its fleet; in a cluster it would be the pod's UID."""
    return f"renderer-{renderer.port}"


def renderer_process(package: Path, keys: FleetKeys, *options: str) -> NodeProcess:
    """A renderer of a fleet: nobody comes in but by a gateway."""
    node = NodeProcess(package, "--gateway-keys", str(keys.public), *options)
    node.add_options("--fleet-name", fleet_name(node))
    return node


@dataclass(frozen=True, slots=True)
class Fleet:
    """A gateway and its renderers."""

    keys: FleetKeys
    gateway: GatewayProcess
    renderers: tuple[NodeProcess, ...]

    def renderer_of(self, reference: str) -> NodeProcess:
        """Which one a visit is at, by what its page calls the visit."""
        name = reference.partition("~")[0]
        return next(renderer for renderer in self.renderers if fleet_name(renderer) == name)

    def wait_until_known(self, renderer: NodeProcess) -> None:
        """Until the gateway knows that a renderer is there (again)."""
        deadline = time.monotonic() + READY_S
        while self.gateway.get(f"/visits/{fleet_name(renderer)}~any") != {"state": "alive"}:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the gateway does not see {fleet_name(renderer)}")
            time.sleep(0.05)  # as above


@contextmanager
def fleet(
    package: Path, folder: Path, renderers: int, *options: str, gateway_options: Sequence[str] = ()
) -> Iterator[Fleet]:
    """So many renderers with the same options, and a gateway; ended in the other order."""
    keys = FleetKeys.make(folder)
    with ExitStack() as running:
        nodes = tuple(renderer_process(package, keys, *options) for _ in range(renderers))
        for node in nodes:
            running.enter_context(node)
        yield Fleet(keys, running.enter_context(GatewayProcess(keys, nodes, *gateway_options)), nodes)

"""A real ``edge-render gateway`` in a process of its own, with the renderers that it is told of: for benches and
end-to-end tests. No Kubernetes: the renderers are given by options."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.node_process import NodeProcess
from control.fleet.key_files import PRIVATE, PUBLIC, key_files
from control.fleet.tokens import new_signing_key

READY_S = 60.0
DRAIN_OPTIONS = ("--drain-wait-s", "0", "--hand-over-s", "15")


@dataclass(frozen=True, slots=True)
class FleetKeys:
    """The files of the key by which gateways sign: the private one for them, the public one for renderers."""

    private: Path
    public: Path

    @classmethod
    def make(cls, folder: Path) -> FleetKeys:
        """A new key, as ``edge-render gateway-keys`` makes one."""
        for name, text in key_files(new_signing_key()).items():
            (folder / name).write_text(text, "utf-8")
        return cls(folder / PRIVATE, folder / PUBLIC)


class GatewayProcess(NodeProcess):
    """A context manager; can be killed and started again on the same port, which is then another replica."""

    def __init__(self, keys: FleetKeys, renderers: Sequence[NodeProcess], *options: str) -> None:
        """``renderers``: as ``renderer_process`` makes them. It is ready when it knows them."""
        super().__init__(
            None,
            *("--signing-key", str(keys.private)),
            *("--renderers", ",".join(f"{fleet_name(renderer)}={renderer.url}" for renderer in renderers)),
            *options,
            program=(str(Path(sys.executable).with_name("edge-render")), "gateway"),
        )


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
        while json.loads(self.gateway.get(f"/visits/{fleet_name(renderer)}~any")) != {"state": "alive"}:
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

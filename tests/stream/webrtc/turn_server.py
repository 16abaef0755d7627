"""coturn with the very options that deploy/k8s/components/turn gives it, as a process on this machine."""

from __future__ import annotations

import ipaddress
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from bench.free_port import free_port
from control.gateway.turn_credentials import turn_credentials
from stream.webrtc.local_addresses import interface_addresses, told_addresses

_COMPONENTS = Path(__file__).parents[3] / "deploy/k8s/components"
READY_TIMEOUT_S = 20.0


def machine_address() -> str:
    """An IPv4 address that is told to visitors here."""
    return next(one for one in told_addresses(interface_addresses()) if ipaddress.ip_address(one).version == 4)


class TurnServer:
    """A context manager; ready on entering."""

    def __init__(
        self,
        folder: Path,
        peers: str,
        *,
        tls: tuple[Path, Path] | None = None,
        host: str = "",
        program: Sequence[str] = (),
    ) -> None:
        """``peers``: what it relays to, a first and a last address. ``tls``: a certificate and its key.
        ``program``: what runs it, such as ``ip netns exec NAME``."""
        self.secrets = "0123456789abcdef" * 4, "fedcba9876543210" * 4
        self.host = host or machine_address()
        self.port, self.tls_port = free_port(), free_port()
        self.log = folder / "turn.log"
        self._program = [*program]
        own_file = folder / "turnserver.conf"
        own_file.write_text("".join(f"static-auth-secret={secret}\n" for secret in self.secrets))
        values = {"TURN_REALM": "edge-render", "POD_IP": self.host, "TURN_PEERS": peers}
        places = {"/etc/edge-render/turn/turnserver.conf": str(own_file), "=/tmp/": f"={folder}/"}
        if tls is not None:
            places |= {
                f"/etc/edge-render/turn-tls/tls.{end}": str(path) for end, path in zip(("crt", "key"), tls, strict=True)
            }
        ports = {"=3478": f"={self.port}", "=5349": f"={self.tls_port}"}
        self._arguments = []
        for argument in arguments(tls=tls is not None):
            for name, value in values.items():
                argument = argument.replace(f"$({name})", value)
            for place, here in places.items():
                argument = argument.replace(place, here)
            for port, here in ports.items():
                if argument.startswith(("--listening-port", "--tls-listening-port")):
                    argument = argument.replace(port, here)
            self._arguments.append(argument)
        if ipaddress.ip_address(self.host).is_loopback:
            self._arguments.append("--allow-loopback-peers")
        self._process: subprocess.Popen[bytes] | None = None

    def credentials(
        self, lifetime_s: float = 600.0, secret: str | None = None, visitor: str = "visitor"
    ) -> tuple[str, str]:
        """A user name and a password, as a gateway makes them."""
        made = turn_credentials(secret or self.secrets[0], visitor, lifetime_s, time.time())
        return made.username, made.credential

    def ice_server(self, transport: str, credentials: tuple[str, str] | None = None) -> dict[str, str]:
        """As RTCConfiguration has it."""
        username, credential = credentials or self.credentials()
        url = f"turn:{self.host}:{self.port}?transport={transport}"
        return {"urls": url, "username": username, "credential": credential}

    def __enter__(self) -> Self:
        with self.log.open("wb") as log:
            self._process = subprocess.Popen([*self._program, *self._arguments], stdout=log, stderr=log)
        deadline = time.monotonic() + READY_TIMEOUT_S
        while b"(admin thread)" not in self.log.read_bytes():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__(None, None, None)
                raise RuntimeError(f"coturn did not start: {self.log.read_text()[-2000:]}")
            time.sleep(0.05)  # another process: there is no event to wait for
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)


def arguments(*, tls: bool = False) -> list[str]:
    """The container's, of the component turn; with those that turn-tls changes."""
    workload = next(
        one for one in yaml.safe_load_all((_COMPONENTS / "turn/turn.yaml").read_text()) if one["kind"] == "DaemonSet"
    )
    given: list[str] = list(_container(workload)["args"])
    if tls:
        component = yaml.safe_load((_COMPONENTS / "turn-tls/kustomization.yaml").read_text())
        for step in yaml.safe_load(component["patches"][0]["patch"]):
            *_, room, place = step["path"].split("/")
            if room == "args" and step["op"] == "test":
                assert given[int(place)] == step["value"]
            elif room == "args" and step["op"] == "replace":
                given[int(place)] = step["value"]
            elif room == "args":
                given.append(step["value"])
    return given


def _container(workload: dict[str, Any]) -> dict[str, Any]:
    container: dict[str, Any] = workload["spec"]["template"]["spec"]["containers"][0]
    return container


def has_coturn() -> bool:
    return shutil.which("turnserver") is not None


def free_udp_port() -> int:
    return free_port(socket.SOCK_DGRAM)

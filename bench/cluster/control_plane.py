"""A real Kubernetes control plane of one's own: etcd and kube-apiserver, and on request what acts on its own.

    with control_plane(controllers=True) as plane:
        plane.kubectl("apply", "-k", "deploy/k8s/overlays/edge-cpu")

As a cluster has it: TLS by an authority of its own, RBAC, admission, tokens of service accounts. There are no nodes:
``bench.cluster.local_kubelet`` plays some.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bench.cluster.assets import Assets, find_assets
from bench.cluster.certificates import Authority, write_key
from bench.cluster.errors import RequestRefused, WaitedInVain
from bench.cluster.kubeconfig import Kubeconfigs
from bench.cluster.loopback import LoopbackBlock
from bench.cluster.program import Program

READY_TIMEOUT_S: Final = 120.0
KUBECTL_TIMEOUT_S: Final = 120.0
API_PORT: Final = 6443
CONTROLLERS: Final = (
    "deployment-controller",
    "replicaset-controller",
    "horizontal-pod-autoscaler-controller",
    "disruption-controller",
    "serviceaccount-controller",
    "root-ca-certificate-publisher-controller",
    "job-controller",
    "namespace-controller",
    "garbage-collector-controller",
    "ttl-after-finished-controller",
)
"""Those that our manifests need. Not the one of EndpointSlices: it refuses pods with loopback addresses."""
_ISSUER: Final = "https://kubernetes.default.svc"
_SERVICE_RANGE: Final = "10.96.0.0/24"
_SERVICE_ADDRESS: Final = "10.96.0.1"


class ControlPlane:
    """Made by ``control_plane()``; everything ends with that context."""

    def __init__(self, folder: Path, block: LoopbackBlock, assets: Assets) -> None:
        self.folder = folder
        """Certificates, kubeconfigs and logs; gone at the end."""
        self.block = block
        """Addresses for pods."""
        self.url = f"https://{block.control_plane}:{API_PORT}"
        self._assets = assets
        self._numbers = count(1)
        authority = Authority(folder)
        self.authority_file = authority.file
        self.kubeconfigs = Kubeconfigs(folder, self.url, authority.file)
        """Writes them, for whoever has a certificate or a token."""
        admin = authority.client("edge-render:admin", ["system:masters"])
        self.kubeconfig = self.kubeconfigs.for_certificate("admin", admin)
        """For somebody who may do everything."""
        self.tls = ssl.create_default_context(cafile=authority.file)
        self.tls.load_cert_chain(admin.file, admin.key_file)
        """With which a client is that somebody."""
        self._signing_key = folder / "service-accounts.key"
        self._etcd = self._make_etcd()
        self._api_server = self._make_api_server(authority)
        self._authority = authority
        self._controllers: list[Program] = []

    # --- what tests use ------------------------------------------------------------------------------

    def kubectl(self, *arguments: str, stdin: str | None = None, kubeconfig: Path | None = None) -> str:
        """What it printed. Raises CalledProcessError, with what it complained of as its note."""
        command = [
            self._assets.program("kubectl"),
            f"--kubeconfig={kubeconfig or self.kubeconfig}",
            f"--cache-dir={self.folder / 'kubectl-cache'}",
            *arguments,
        ]
        ended = subprocess.run(
            command, input=stdin, capture_output=True, text=True, timeout=KUBECTL_TIMEOUT_S, check=False
        )
        try:
            ended.check_returncode()
        except subprocess.CalledProcessError as error:
            error.add_note(ended.stderr)
            raise
        return ended.stdout

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One request as the admin. Raises RequestRefused, and URLError where there is no answer."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10, context=self.tls) as response:
                answer: dict[str, Any] = json.load(response)
        except urllib.error.HTTPError as error:
            raise RequestRefused(error.code, error.read().decode(errors="replace")) from error
        return answer

    def service_account_token(self, namespace: str, name: str, lifetime_s: int = 3600) -> str:
        """As a kubelet gets it for a pod. The account must exist. Raises RequestRefused."""
        asked = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": lifetime_s},
        }
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        return str(self.request("POST", path, asked)["status"]["token"])

    def service_account_kubeconfig(self, namespace: str, name: str) -> Path:
        """With which a process is what a pod of that account would be. Raises RequestRefused."""
        token = self.service_account_token(namespace, name)
        return self.kubeconfigs.for_token(f"{namespace}-{name}", token, namespace)

    def new_namespace(self) -> str:
        """One of the caller's own; see ``create_namespace``."""
        name = f"test-{next(self._numbers)}"
        self.create_namespace(name)
        return name

    def create_namespace(self, name: str) -> None:
        """With its service account ``default``, which else a controller makes. Raises RequestRefused."""
        self.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        account = {"metadata": {"name": "default"}}
        try:
            self.request("POST", f"/api/v1/namespaces/{name}/serviceaccounts", account)
        except RequestRefused as refused:
            if refused.status != 409:  # the controller was faster
                raise

    def stop_api_server(self, *, at_once: bool = False) -> None:
        """End it; watches break. ``at_once``: as a crash does."""
        if at_once:
            self._api_server.kill()
        else:
            self._api_server.stop()

    def start_api_server(self) -> None:
        """At the address that it had before; returns when it is ready. Raises ProgramFailed and WaitedInVain."""
        self._api_server.start()
        self._wait_until_ready()

    def restart_api_server(self) -> None:
        """As an upgrade of the control plane does."""
        self.stop_api_server()
        self.start_api_server()

    def start_controllers(self) -> None:
        """kube-controller-manager and kube-scheduler, if they don't run yet. Without them nothing happens by itself:
        no ReplicaSet is made of a Deployment, no pod gets a node, no namespace ever goes. Raises AssetsMissing."""
        if not self._controllers:
            self._controllers = [self._make_client(name) for name in ("kube-controller-manager", "kube-scheduler")]
            for program in self._controllers:
                program.start()

    # --- its life ------------------------------------------------------------------------------------

    @contextmanager
    def _running(self) -> Iterator[None]:
        with ExitStack() as ends:
            ends.callback(self._kill_controllers)
            for program in (self._etcd, self._api_server):
                ends.callback(program.kill)
                program.start()
            self._wait_until_ready()
            yield

    def _kill_controllers(self) -> None:
        for program in self._controllers:
            program.kill()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while (problem := self._problem()) is not None:
            self._etcd.check()
            self._api_server.check()
            if time.monotonic() > deadline:
                raise WaitedInVain(f"the API server did not become ready: {problem}\n{self._api_server.last_lines()}")
            time.sleep(0.05)  # another process: there is no event to wait for

    def _problem(self) -> str | None:
        """What keeps it from being ready."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=10, context=self.tls):
                return None
        except urllib.error.HTTPError as error:
            return error.read().decode(errors="replace")
        except OSError as error:
            return str(error)

    def _make_etcd(self) -> Program:
        clients = f"http://{self.block.control_plane}:2379"
        peers = f"http://{self.block.control_plane}:2380"
        options = {
            "data-dir": self.folder / "etcd",
            "listen-client-urls": clients,
            "advertise-client-urls": clients,
            "listen-peer-urls": peers,
            "initial-advertise-peer-urls": peers,
            "initial-cluster": f"default={peers}",
            "unsafe-no-fsync": "true",
            "log-level": "warn",
        }
        return self._make_program("etcd", options)

    def _make_api_server(self, authority: Authority) -> Program:
        address = self.block.control_plane
        names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"]
        server = authority.server("kube-apiserver", [address, _SERVICE_ADDRESS], names)
        key = ec.generate_private_key(ec.SECP256R1())
        write_key(self._signing_key, key)
        public = self.folder / "service-accounts.pub"
        public.write_bytes(
            key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
        options = {
            "etcd-servers": f"http://{address}:2379",
            "bind-address": address,
            "secure-port": API_PORT,
            "tls-cert-file": server.file,
            "tls-private-key-file": server.key_file,
            "client-ca-file": authority.file,
            "authorization-mode": "RBAC",
            "service-account-issuer": _ISSUER,
            "service-account-key-file": public,
            "service-account-signing-key-file": self._signing_key,
            "service-cluster-ip-range": _SERVICE_RANGE,
            "endpoint-reconciler-type": "none",  # it would refuse a loopback address
            "allow-privileged": "true",
            "profiling": "false",
        }
        return self._make_program("kube-apiserver", options)

    def _make_client(self, name: str) -> Program:
        certificate = self._authority.client(f"system:{name}")
        kubeconfig = self.kubeconfigs.for_certificate(name, certificate)
        options: dict[str, object] = {
            "kubeconfig": kubeconfig,
            "leader-elect": "false",
            "secure-port": 0,
            "kube-api-qps": 200,
            "kube-api-burst": 400,
        }
        if name == "kube-controller-manager":
            options |= {
                "controllers": ",".join(CONTROLLERS),
                "root-ca-file": self.authority_file,
                "use-service-account-credentials": "true",  # each controller has a role of its own
                "horizontal-pod-autoscaler-sync-period": "2s",
            }
        return self._make_program(name, options)

    def _make_program(self, name: str, options: Mapping[str, object]) -> Program:
        command = [self._assets.program(name), *(f"--{option}={value}" for option, value in options.items())]
        return Program(command, self.folder / f"{name}.log")


@contextmanager
def control_plane(*, controllers: bool = False) -> Iterator[ControlPlane]:
    """Start it, wait until it is ready, and end it with all that it kept. Raises AssetsMissing and ProgramFailed.

    ``controllers``: see ``ControlPlane.start_controllers``.
    """
    assets = find_assets()
    with tempfile.TemporaryDirectory(prefix="control-plane-") as folder, LoopbackBlock() as block:
        plane = ControlPlane(Path(folder), block, assets)
        with plane._running():
            if controllers:
                plane.start_controllers()
            yield plane

"""A real API server takes all that we would apply, field by field."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from bench.cluster.control_plane import ControlPlane
from tests.deploy.custom_resources import definitions
from tests.deploy.installation import EVERYTHING, Manifest, rendered

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def prepared_server(api_server: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> ControlPlane:
    """With our namespace, and the kinds that others bring."""
    api_server.create_namespace("edge-render")
    files = [f"--filename={path}" for path in definitions()]
    if files:
        api_server.kubectl("apply", "--server-side", *files)
        api_server.kubectl("wait", "--for=condition=Established", "--timeout=60s", *files)
    return api_server


@pytest.mark.parametrize("name", EVERYTHING)
def test_the_api_server_takes_it(prepared_server: ControlPlane, kubectl: str, name: str, tmp_path: Path) -> None:
    file = tmp_path / "manifests.yaml"
    known = _kinds(prepared_server)
    unknown = {one["kind"] for one in rendered(kubectl, name)} - known
    manifests = [one for one in rendered(kubectl, name) if one["kind"] in known]
    file.write_text(yaml.safe_dump_all(manifests))
    try:
        told = prepared_server.kubectl("apply", "--server-side", "--dry-run=server", "--validate=strict", f"-f{file}")
    except subprocess.CalledProcessError as error:
        pytest.fail("\n".join(error.__notes__))
    assert len(told.splitlines()) == len(manifests)
    if unknown:
        pytest.skip(f"all but {', '.join(sorted(unknown))}: Go and its module proxy are needed for their definitions")


def test_what_the_api_server_does_not_know_it_refuses(prepared_server: ControlPlane, kubectl: str) -> None:
    """Else the test above would say little."""
    deployment = next(one for one in rendered(kubectl, "overlays/edge-cpu") if one["kind"] == "Deployment")
    wrong = deployment | {"spec": deployment["spec"] | {"replicaz": 2}}
    with pytest.raises(subprocess.CalledProcessError):
        prepared_server.kubectl("apply", "--server-side", "--dry-run=server", "-f-", stdin=json.dumps(wrong))


def test_pods_of_the_cloud_pass_the_restricted_level_which_the_server_enforces(
    prepared_server: ControlPlane, kubectl: str
) -> None:
    namespace: Manifest = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    prepared_server.kubectl("patch", "namespace", "edge-render", f"--patch={json.dumps(namespace)}")
    accounts = ["edge-render-gateway", "edge-render-renderer", "edge-render-signing-key", "default"]
    for account in accounts:
        made = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account}}
        prepared_server.kubectl("apply", "-n", "edge-render", "-f-", stdin=json.dumps(made))
    priority = next(one for one in rendered(kubectl, "components/ingress") if one["kind"] == "PriorityClass")
    prepared_server.kubectl("apply", "-f-", stdin=json.dumps(priority))
    for name in ("overlays/cloud", "components/ingress"):
        for one in rendered(kubectl, name):
            if one["kind"] not in ("Deployment", "Job"):
                continue
            pod = {"apiVersion": "v1", "kind": "Pod", **one["spec"]["template"]}
            pod["metadata"] = pod["metadata"] | {"name": one["metadata"]["name"], "namespace": "edge-render"}
            prepared_server.kubectl("apply", "--server-side", "--dry-run=server", "-f-", stdin=json.dumps(pod))


def _kinds(server: ControlPlane) -> set[str]:
    told = server.kubectl("api-resources", "--no-headers")
    return {line.split()[-1] for line in told.splitlines()}

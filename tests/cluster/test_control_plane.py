"""The control plane that the tests of the cluster run against is a real one."""

from __future__ import annotations

import json
import subprocess

import pytest

from bench.cluster.assets import find_assets
from bench.cluster.control_plane import ControlPlane
from bench.cluster.errors import AssetsMissing, RequestRefused

pytestmark = pytest.mark.cluster


def test_a_service_account_may_do_what_its_role_says_and_nothing_else(api_server: ControlPlane, namespace: str) -> None:
    api_server.kubectl("create", "serviceaccount", "reader", "-n", namespace)
    api_server.kubectl("create", "role", "reader", "--verb=list", "--resource=pods", "-n", namespace)
    binding = ["rolebinding", "reader", "--role=reader", f"--serviceaccount={namespace}:reader"]
    api_server.kubectl("create", *binding, "-n", namespace)
    kubeconfig = api_server.service_account_kubeconfig(namespace, "reader")

    assert json.loads(api_server.kubectl("get", "pods", "-o", "json", kubeconfig=kubeconfig))["items"] == []
    with pytest.raises(subprocess.CalledProcessError) as refused:
        api_server.kubectl("get", "secrets", kubeconfig=kubeconfig)
    assert "Forbidden" in refused.value.__notes__[0]


def test_fields_are_validated_by_the_server(api_server: ControlPlane, namespace: str) -> None:
    pod = {"metadata": {"name": "wrong"}, "spec": {"containers": [{"name": "one", "image": "none", "prots": []}]}}
    with pytest.raises(RequestRefused, match="prots"):
        api_server.request("POST", f"/api/v1/namespaces/{namespace}/pods?fieldValidation=Strict", pod)


def test_after_a_restart_it_is_where_it_was_and_knows_what_it_knew(api_server: ControlPlane, namespace: str) -> None:
    api_server.kubectl("create", "configmap", "kept", "--from-literal=word=showroom", "-n", namespace)
    url = api_server.url

    api_server.restart_api_server()

    assert api_server.url == url
    kept = api_server.request("GET", f"/api/v1/namespaces/{namespace}/configmaps/kept")
    assert kept["data"] == {"word": "showroom"}


def test_missing_programs_are_told_with_the_way_to_get_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path_factory.mktemp("empty")))
    with pytest.raises(AssetsMissing, match=r"no program etcd; run scripts/kubernetes-assets"):
        find_assets()

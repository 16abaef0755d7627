"""The Secret with the key that gateways sign with."""

from __future__ import annotations

import base64
import json
import time

import pytest
from joserfc.jwk import KeySet, OKPKey

from bench.cluster.control_plane import ControlPlane
from control.fleet.tokens import Pass
from control.kube.errors import ClusterError
from control.kube.key_secret import make_key_secret
from control.kube.kubernetes_api import connect

pytestmark = pytest.mark.cluster


async def test_it_is_made_once_and_renderers_can_check_what_gateways_sign(
    api_server: ControlPlane, namespace: str
) -> None:
    path = f"/api/v1/namespaces/{namespace}/secrets/edge-render-signing"
    async with connect(api_server.kubeconfig, namespace) as api:
        assert await make_key_secret(api, "edge-render-signing")
        made = api_server.request("GET", path)
        assert not await make_key_secret(api, "edge-render-signing")

    assert api_server.request("GET", path) == made
    items = {name: base64.b64decode(item).decode() for name, item in made["data"].items()}
    assert "d" not in KeySet.import_key_set(json.loads(items["public.jwks"])).as_dict()["keys"][0]
    key = OKPKey.import_key(json.loads(items["private.jwk"]))
    now = time.time()
    text = Pass(aud="r1", act="state").sign(key, now)
    assert Pass.read(text, KeySet.import_key_set(json.loads(items["public.jwks"])), now).aud == "r1"


async def test_a_missing_right_is_named(api_server: ControlPlane, namespace: str) -> None:
    api_server.kubectl("create", "serviceaccount", "job", "-n", namespace)

    async with connect(api_server.service_account_kubeconfig(namespace, "job")) as api:
        with pytest.raises(ClusterError, match="cannot create resource"):
            await make_key_secret(api, "edge-render-signing")

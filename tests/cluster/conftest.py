"""A cluster that acts on its own: controllers, a scheduler, and a node whose containers are processes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench.cluster.api import Api, open_api
from bench.cluster.control_plane import ControlPlane
from bench.cluster.local_kubelet import LocalKubelet, local_nodes


@pytest.fixture
def cluster(api_server: ControlPlane) -> ControlPlane:
    """With controllers and scheduler from now on."""
    api_server.start_controllers()
    return api_server


@pytest.fixture
async def api(cluster: ControlPlane) -> AsyncIterator[Api]:
    """As the admin."""
    async with open_api(cluster) as opened:
        yield opened


@pytest.fixture
async def kubelet(cluster: ControlPlane, api: Api, namespace: str, tmp_path: Path) -> AsyncIterator[LocalKubelet]:
    """Of two nodes. Their names are the test's own: pods of earlier ones stay bound to nodes that are no more."""
    async with local_nodes(cluster, api, [f"{namespace}-a", f"{namespace}-b"], tmp_path) as running:
        yield running

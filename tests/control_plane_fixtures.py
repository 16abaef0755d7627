"""A real Kubernetes API server for the tests that ask for one, one for each process that runs tests.

``@pytest.mark.cluster`` marks what needs it: ``pytest -m cluster`` runs only that, ``-m 'not cluster'`` all but that.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from bench.cluster.assets import Assets, find_assets
from bench.cluster.control_plane import ControlPlane, control_plane
from bench.cluster.errors import AssetsMissing


@pytest.fixture(scope="session")
def kubernetes_assets() -> Assets:
    """The control plane's programs. Where they are missing the test is skipped, but not on CI: there it fails."""
    try:
        return find_assets()
    except AssetsMissing as missing:
        if os.environ.get("CI") or os.environ.get("EDGE_RENDER_REQUIRE_CLUSTER"):
            raise
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def api_server(kubernetes_assets: Assets) -> Iterator[ControlPlane]:
    """A server where nothing happens by itself: no controllers. Tests share it, so each makes a namespace of its own,
    and those that stop it start it again."""
    with control_plane() as plane:
        yield plane


@pytest.fixture
def namespace(api_server: ControlPlane) -> str:
    """A new one of the test's own at ``api_server``."""
    return api_server.new_namespace()

"""Fixtures of the manifests."""

from __future__ import annotations

import pytest

from bench.cluster.assets import Assets
from tests.deploy.installation import EVERYTHING, Manifest, rendered


@pytest.fixture(scope="session")
def kubectl(kubernetes_assets: Assets) -> str:
    """The program's path."""
    return kubernetes_assets.program("kubectl")


@pytest.fixture(params=EVERYTHING)
def manifests(request: pytest.FixtureRequest, kubectl: str) -> tuple[Manifest, ...]:
    """Each overlay, and each component on the base."""
    name: str = request.param
    return rendered(kubectl, name)

"""An admin with people in it, for tests of who may do what."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from control.admin.parts import AdminParts


@pytest.fixture
def app(people: AdminParts, client: TestClient) -> FastAPI:
    """The running application: a test may put other parts into its state."""
    assert isinstance(client.app, FastAPI)
    return client.app

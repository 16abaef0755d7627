"""Browsers that look at pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from tests.control.admin.conftest import LogIn

Post: TypeAlias = Callable[[TestClient, str, dict[str, str]], Response]


@pytest.fixture
def look(log_in: LogIn) -> LogIn:
    """As ``log_in``, but the browser sends its CSRF token in forms alone, as pages without scripts do."""

    def made(name: str) -> TestClient:
        browser = log_in(name)
        browser.csrf_token = browser.headers.pop("X-CSRF-Token")  # type: ignore[attr-defined]
        return browser

    return made


@pytest.fixture
def post() -> Post:
    """Sends a form with the browser's CSRF token."""

    def send(browser: TestClient, path: str, form: dict[str, str]) -> Response:
        return browser.post(path, data={"csrf_token": browser.csrf_token, **form})  # type: ignore[attr-defined]

    return send

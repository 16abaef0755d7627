"""An admin with single sign-on, its issuer, and a browser between the two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import httpx2
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from control.admin.settings import AdminSettings
from tests.control.admin.access.oidc.issuer import CLIENT_ID, CLIENT_SECRET, Issuer, running_issuer

SignIn: TypeAlias = Callable[[TestClient], httpx2.Response]


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


@pytest.fixture
def settings(issuer: Issuer, tmp_path: Path) -> AdminSettings:
    return AdminSettings(
        data_folder=tmp_path,
        public_url="http://testserver",
        oidc_issuer=issuer.url,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=SecretStr(CLIENT_SECRET),
    )


def go_to_issuer(browser: TestClient, onward: str = "/account") -> str:
    """As far as the issuer, which answers at once: the address that it sends the browser back to."""
    sent = browser.get("/login/oidc", params={"next": onward}, follow_redirects=False)
    assert sent.status_code == 303, sent.text
    back = httpx2.get(sent.headers["location"], follow_redirects=False)
    assert back.status_code == 302, back.text
    return back.headers["location"]


@pytest.fixture
def sign_in() -> SignIn:
    """To the issuer and back."""

    def made(browser: TestClient) -> httpx2.Response:
        return browser.get(go_to_issuer(browser), follow_redirects=False)

    return made

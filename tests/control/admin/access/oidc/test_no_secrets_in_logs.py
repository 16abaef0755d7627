"""What is logged while people log in, at the level that says most."""

from __future__ import annotations

import io
import logging

import pytest
import structlog
from fastapi.testclient import TestClient

from control.admin.parts import AdminParts
from control.log_format import configure_logging
from control.log_redaction import RedactingFormatter
from tests.control.admin.access.oidc.conftest import SignIn, go_to_issuer
from tests.control.admin.access.oidc.issuer import CLIENT_SECRET, Issuer
from tests.control.admin.conftest import PASSWORD, NewClient


@pytest.fixture
def printed(caplog: pytest.LogCaptureFixture) -> io.StringIO:
    """What structlog prints, as the command line has it; from before the application starts."""
    configure_logging()
    lines = io.StringIO()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(lines), cache_logger_on_first_use=False)
    caplog.set_level(logging.DEBUG)
    return lines


def _all_cookies(browser: TestClient) -> list[str]:
    return [value for value in dict(browser.cookies).values() if len(value) > 20]


def test_logging_in_by_password_token_and_issuer_tells_no_secret(
    printed: io.StringIO,
    new_client: NewClient,
    sign_in: SignIn,
    issuer: Issuer,
    people: AdminParts,
    caplog: pytest.LogCaptureFixture,
) -> None:
    by_password, by_issuer, refused = new_client(), new_client(), new_client()
    session = by_password.post("/api/v1/session", json={"name": "anna", "password": PASSWORD}).json()
    csrf = {"X-CSRF-Token": session["csrf_token"]}
    token = by_password.post("/api/v1/tokens", json={"name": "x"}, headers=csrf).json()["token"]
    new_client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    new_client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}x"})
    new_client().post("/login", data={"name": "my secret typed as name", "password": "not my secret"})
    sign_in(by_issuer)
    issuer.claims["nonce"] = "another"
    answer = go_to_issuer(refused)
    refused.get(answer)
    by_password.get("/api/v1/tokens")
    known = [
        PASSWORD,
        "my secret",
        CLIENT_SECRET,
        session["csrf_token"],
        token,
        *_all_cookies(by_password),
        *_all_cookies(by_issuer),
        *(secret for query in issuer.seen for secret in (query["nonce"], query["state"])),
        *issuer.access_tokens,
    ]
    assert len(known) >= 12
    # As the command line's handler writes them; pytest has put its own in its place.
    formatter = RedactingFormatter(logging.BASIC_FORMAT)
    told = "\n".join([printed.getvalue(), *(formatter.format(record) for record in caplog.records)])
    assert "sign_on_failed" in told
    assert [secret for secret in known if secret in told] == []

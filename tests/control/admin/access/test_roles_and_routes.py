"""Every route of the API, and the lowest role that may use it. A new route must be named here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.testclient import TestClient

from control.admin.access.actor import Role
from control.admin.admin_node import open_parts
from control.admin.app import create_admin_app
from control.admin.settings import AdminSettings
from tests.control.admin.conftest import LogIn, NewClient

DIGEST = "0" * 64
NAMES = {Role.VIEWER: "vera", Role.EDITOR: "edda", Role.PUBLISHER: "paul", Role.ADMINISTRATOR: "anna"}
PASSWORD = "a long new password"


@dataclass(frozen=True)
class Case:
    """A request that is well formed: what it names need not be there."""

    method: str
    path: str
    lowest: Role
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    query: str = ""

    @property
    def url(self) -> str:
        values = {
            "slug": "lounge",
            "showroom": "branch",
            "path": "showroom.json",
            "name": "hall.jpg",
            "upload_id": "0" * 32,
            "token": "0" * 32,
            "key_id": "0" * 16,
        }
        numbers = ("account_id", "token_id", "rollout_id", "version_id")
        return self.path.format_map({**values, **dict.fromkeys(numbers, 999)}) + self.query


V, E, P, A = Role.VIEWER, Role.EDITOR, Role.PUBLISHER, Role.ADMINISTRATOR
IF_MATCH = {"If-Match": '"1"'}
TITLE = {"en": "Branch", "zh": "分行"}
FILES = [{"path": "showroom.json", "digest": DIGEST, "size_bytes": 1}]
PERIOD = "?since=0&until=3600"

CASES = [
    Case("GET", "/metrics", V),
    Case("GET", "/api/v1/me", V),
    Case("PATCH", "/api/v1/me", V, {"language": "en"}),
    Case("PUT", "/api/v1/me/password", V, {"old": "correct horse battery", "new": "short"}),
    Case("GET", "/api/v1/tokens", V),
    Case("POST", "/api/v1/tokens", V, {"name": "x"}),
    Case("DELETE", "/api/v1/tokens/{token_id}", V),
    Case("GET", "/api/v1/accounts", A),
    Case("POST", "/api/v1/accounts", A, {"name": "zoe", "role": "viewer", "password": PASSWORD}),
    Case("GET", "/api/v1/accounts/{account_id}", A),
    Case("PATCH", "/api/v1/accounts/{account_id}", A, {"role": "viewer"}),
    Case("PUT", "/api/v1/accounts/{account_id}/password", A, {"password": PASSWORD}),
    Case("GET", "/api/v1/audit", P),
    Case("GET", "/api/v1/audit/verify", P),
    Case("GET", "/api/v1/keys", V),
    Case("POST", "/api/v1/keys/rotate", A),
    Case("POST", "/api/v1/keys/{key_id}/revoke", A),
    Case("POST", "/api/v1/blobs/missing", E, {"digests": [DIGEST]}),
    Case("POST", "/api/v1/blobs", E),
    # Of uploads one sees one's own alone. A token of one's own may still be a viewer's.
    Case("GET", "/api/v1/uploads", V),
    Case("POST", "/api/v1/uploads", E, {"digest": DIGEST, "size_bytes": 1}),
    Case("GET", "/api/v1/uploads/{upload_id}", V),
    Case("HEAD", "/api/v1/uploads/{upload_id}", V),
    Case("PATCH", "/api/v1/uploads/{upload_id}", E, b"x", {"Upload-Offset": "0"}),
    Case("DELETE", "/api/v1/uploads/{upload_id}", E),
    Case("GET", "/api/v1/sites", V),
    Case("POST", "/api/v1/sites", A, {"slug": "atrium", "title": "Atrium", "edge_class": "software"}),
    Case("GET", "/api/v1/sites/{slug}", V),
    Case("PATCH", "/api/v1/sites/{slug}", A, {"title": "Lounge"}),
    Case("POST", "/api/v1/sites/{slug}/token", A),
    Case("DELETE", "/api/v1/sites/{slug}/token/previous", A),
    Case("POST", "/api/v1/sites/{slug}/retire", A),
    Case("GET", "/api/v1/sites/{slug}/order", V),
    Case("DELETE", "/api/v1/sites/{slug}/showrooms/{showroom}", P),
    Case("POST", "/api/v1/sites/{slug}/showrooms/{showroom}/roll-back", P),
    Case("GET", "/api/v1/rollouts", V),
    Case("POST", "/api/v1/rollouts", P, {"version_id": 1, "waves": [["lounge"]]}),
    Case("GET", "/api/v1/rollouts/{rollout_id}", V),
    Case("POST", "/api/v1/rollouts/{rollout_id}/pause", P),
    Case("POST", "/api/v1/rollouts/{rollout_id}/resume", P),
    Case("POST", "/api/v1/rollouts/{rollout_id}/cancel", P),
    Case("POST", "/api/v1/rollouts/{rollout_id}/roll-back", P),
    Case("GET", "/api/v1/showrooms", V),
    Case("POST", "/api/v1/showrooms", E, {"slug": "branch", "title": TITLE}),
    Case("GET", "/api/v1/showrooms/{slug}", V),
    Case("GET", "/api/v1/showrooms/{slug}/versions", V),
    Case("POST", "/api/v1/showrooms/{slug}/drafts", E, {"files": FILES}),
    Case("POST", "/api/v1/showrooms/{slug}/drafts/from-archive", E, {"digest": DIGEST}),
    Case("POST", "/api/v1/showrooms/{slug}/drafts/from-version", E, {"version_id": 999}),
    Case("GET", "/api/v1/versions/{version_id}", V),
    Case("DELETE", "/api/v1/versions/{version_id}", E),
    Case("GET", "/api/v1/versions/{version_id}/files", V),
    Case("PUT", "/api/v1/versions/{version_id}/files", E, {"files": FILES}, IF_MATCH),
    Case("GET", "/api/v1/versions/{version_id}/files/{path}", V),
    Case("PUT", "/api/v1/versions/{version_id}/manifest", E, {}, IF_MATCH),
    Case("PUT", "/api/v1/versions/{version_id}/target", E, {"edge_class": "software"}, IF_MATCH),
    Case("POST", "/api/v1/versions/{version_id}/validate", E),
    Case("GET", "/api/v1/versions/{version_id}/report", V),
    Case("GET", "/api/v1/versions/{version_id}/pictures/{name}", V),
    Case("POST", "/api/v1/versions/{version_id}/preview", E),
    Case("GET", "/api/v1/previews/{token}", V),
    Case("DELETE", "/api/v1/previews/{token}", E),
    Case("POST", "/api/v1/versions/{version_id}/publish", P, None, IF_MATCH),
    Case("POST", "/api/v1/versions/{version_id}/retire", P),
    Case("GET", "/api/v1/visits", V, query=PERIOD),
    Case("GET", "/api/v1/visits/table.csv", V, query=PERIOD),
    Case("DELETE", "/api/v1/session", V),
]
FOR_ALL = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("POST", "/api/v1/session"),
    ("POST", "/api/v1/setup"),
}


def _send(browser: TestClient, case: Case) -> int:
    if isinstance(case.body, bytes):
        headers = {**case.headers, "Content-Type": "application/partial-upload"}
        return browser.request(case.method, case.url, headers=headers, content=case.body).status_code
    return browser.request(case.method, case.url, headers=case.headers, json=case.body).status_code


def test_every_route_has_its_role_here() -> None:
    described = create_admin_app(lambda: open_parts(AdminSettings())).openapi()["paths"]
    routes = {
        (method.upper(), path)
        for path, methods in described.items()
        for method in methods
        if not path.startswith("/edge/")  # those of sites' tokens
    }
    assert routes == {(case.method, case.path) for case in CASES} | FOR_ALL


def test_nobody_may_use_any_of_them(new_client: NewClient) -> None:
    browser = new_client()
    assert {f"{case.method} {case.path}": _send(browser, case) for case in CASES if _send(browser, case) != 401} == {}


@pytest.mark.parametrize("role", list(Role), ids=[role.word for role in Role])
def test_a_role_may_use_its_own_and_those_below(log_in: LogIn, role: Role) -> None:
    browser = log_in(NAMES[role])
    wrong = {}
    for case in CASES:
        status = _send(browser, case)
        if (status == 403) is (role >= case.lowest) or status == 401 or status >= 500:
            wrong[f"{case.method} {case.path}"] = status
    assert wrong == {}

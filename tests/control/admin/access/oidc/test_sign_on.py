"""Single sign-on with an issuer of our own: what is let in, and all that is not."""

from __future__ import annotations

import base64
import dataclasses
import hmac
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from control.admin.access.accounts import find_account, set_disabled
from control.admin.access.actor import Role
from control.admin.access.oidc.errors import IssuerUnavailable
from control.admin.access.oidc.provider import Provider
from control.admin.access.oidc.sign_on import role_from
from control.admin.parts import AdminParts
from control.admin.settings import AdminSettings
from control.admin.tables import Account, AuditEntry
from tests.control.admin.access.oidc.conftest import SignIn, go_to_issuer
from tests.control.admin.access.oidc.issuer import CLIENT_ID, Issuer, new_key
from tests.control.admin.conftest import NewClient


def _me(browser: TestClient) -> Any:
    return browser.get("/api/v1/me").json()


def test_who_logs_in_first_gets_an_account_and_is_a_viewer(new_client: NewClient, sign_in: SignIn) -> None:
    browser = new_client()
    back = sign_in(browser)
    assert (back.status_code, back.headers["location"]) == (303, "/account")
    me = _me(browser)
    assert (me["account"]["name"], me["role"], me["account"]["has_password"]) == ("lin.mei", "viewer", False)
    assert sign_in(new_client()).status_code == 303


def test_the_request_has_pkce_state_and_nonce_of_its_own(
    new_client: NewClient, sign_in: SignIn, issuer: Issuer
) -> None:
    sign_in(new_client())
    sign_in(new_client())
    first, second = issuer.seen
    assert (first["response_type"], first["code_challenge_method"]) == ("code", "S256")
    assert "openid" in first["scope"].split()
    for own in ("state", "nonce", "code_challenge"):
        assert first[own] != second[own]
        assert len(first[own]) == 43


@pytest.mark.parametrize("claim", ["publisher", ["offline_access", "editor", "publisher"]])
def test_the_role_is_the_issuers_to_say_at_each_login(
    new_client: NewClient, sign_in: SignIn, issuer: Issuer, parts: AdminParts, claim: object
) -> None:
    browser = new_client()
    issuer.claims["edge_render_role"] = claim
    sign_in(browser)
    assert _me(browser)["role"] == "publisher"
    issuer.claims["edge_render_role"] = "editor"
    assert _me(browser)["role"] == "publisher"
    sign_in(new_client())
    assert _me(browser)["role"] == "editor"
    with parts.database.reading() as session:
        logged = session.scalars(select(AuditEntry).where(AuditEntry.action == "account.change-role")).one()
    assert logged.detail == {"from": "publisher", "to": "editor", "by": "issuer"}
    del issuer.claims["edge_render_role"]
    sign_in(new_client())
    assert _me(browser)["role"] == "viewer"


def test_the_role_may_be_told_by_the_userinfo_endpoint(new_client: NewClient, sign_in: SignIn, issuer: Issuer) -> None:
    browser = new_client()
    issuer.user_info["edge_render_role"] = "editor"
    sign_in(browser)
    assert _me(browser)["role"] == "editor"
    issuer.user_info |= {"sub": "somebody else", "edge_render_role": "administrator"}
    sign_in(browser)
    assert _me(browser)["role"] == "viewer"


def test_an_account_of_that_name_is_not_taken_over(
    new_client: NewClient, sign_in: SignIn, issuer: Issuer, people: AdminParts
) -> None:
    issuer.claims["preferred_username"] = "anna"
    browser = new_client()
    sign_in(browser)
    assert (_me(browser)["account"]["name"], _me(browser)["role"]) == ("anna-2", "viewer")


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"preferred_username": "Ünal Ömer"}, "nal-mer"),
        ({"preferred_username": None, "email": "Mei@Example.com"}, "mei@example.com"),
        ({"preferred_username": "林梅"}, "somebody"),
        ({"preferred_username": 7, "email": " "}, "0001"),
        ({"preferred_username": "x" * 300}, "x" * 56),
    ],
)
def test_names_are_made_plain(
    new_client: NewClient, sign_in: SignIn, issuer: Issuer, claims: dict[str, Any], name: str
) -> None:
    issuer.claims |= claims
    browser = new_client()
    sign_in(browser)
    assert _me(browser)["account"]["name"] == name


def test_a_disabled_account_stays_out(new_client: NewClient, sign_in: SignIn, people: AdminParts) -> None:
    sign_in(new_client())
    with people.database.session() as session:
        account = find_account(session, "lin.mei")
        assert account is not None
        set_disabled(session, "account:anna", account, True, people.now())
    assert sign_in(new_client()).status_code == 401


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256"])
def test_the_issuer_chooses_how_it_signs(
    new_client: NewClient, sign_in: SignIn, issuer: Issuer, algorithm: str
) -> None:
    issuer.rotate(algorithm)
    assert sign_in(new_client()).status_code == 303


def test_keys_that_the_issuer_rotates_are_asked_for_anew_now_and_then(issuer: Issuer) -> None:
    clock = [1000.0]
    with Provider(issuer.url, lambda: clock[0]) as provider:
        assert [key.kid for key in provider.keys_for("first")] == ["first"]
        issuer.rotate()
        new = issuer.keys[0].kid
        # Anybody may send a token with an unknown key: that must not make us ask each time.
        assert [key.kid for key in provider.keys_for(new)] == ["first"]
        assert issuer.key_requests == 1
        clock[0] += 31
        assert [key.kid for key in provider.keys_for(new)] == [new]
        clock[0] += 3601
        provider.keys_for(new)
        assert issuer.key_requests == 3


def test_a_key_that_the_issuer_has_given_up_is_not_taken(
    new_client: NewClient, sign_in: SignIn, issuer: Issuer
) -> None:
    issuer.signing_key = new_key("RS256", "expired")
    assert sign_in(new_client()).status_code == 401


def test_a_token_without_a_key_id_is_taken_while_there_is_one_key(
    new_client: NewClient, sign_in: SignIn, issuer: Issuer
) -> None:
    issuer.with_kid = False
    assert sign_in(new_client()).status_code == 303


def _alg_none(issuer: Issuer) -> None:
    header, payload = {"alg": "none"}, {"iss": issuer.url, "sub": "1"}
    issuer.id_token = ".".join([*(_b64(json.dumps(part).encode()) for part in (header, payload)), ""])


def _signed_with_the_public_key(issuer: Issuer) -> None:
    """The old confusion: the public key, which everybody has, as the secret of an HMAC."""
    now = int(time.time())
    claims = {"iss": issuer.url, "aud": CLIENT_ID, "sub": "1", "iat": now, "exp": now + 60}
    parts = [_b64(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": "first"}, claims)]
    signed = hmac.digest(issuer.keys[0].as_pem(private=False), ".".join(parts).encode(), "sha256")
    issuer.id_token = ".".join([*parts, _b64(signed)])


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _claim(name: str, value: object) -> Callable[[Issuer], None]:
    return lambda issuer: issuer.claims.update({name: value})


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(_claim("nonce", "another"), id="nonce of another request"),
        pytest.param(_claim("nonce", None), id="no nonce"),
        pytest.param(_claim("nonce", 7), id="nonce that is no text"),
        pytest.param(_claim("aud", "another client"), id="audience"),
        pytest.param(_claim("aud", ["edge render", "another"]), id="two audiences, no azp"),
        pytest.param(_claim("azp", "another client"), id="authorized party"),
        pytest.param(_claim("iss", "https://other.example"), id="issuer"),
        pytest.param(_claim("exp", int(time.time()) - 120), id="expired"),
        pytest.param(_claim("exp", None), id="without an end"),
        pytest.param(_claim("exp", "tomorrow"), id="end that is no time"),
        pytest.param(_claim("iat", int(time.time()) + 600), id="from the future"),
        pytest.param(_claim("nbf", int(time.time()) + 600), id="not yet"),
        pytest.param(_claim("sub", None), id="nobody"),
        pytest.param(_claim("at_hash", "x"), id="another access token"),
        pytest.param(_alg_none, id="alg none"),
        pytest.param(_signed_with_the_public_key, id="HS256 with the public key"),
        pytest.param(lambda issuer: setattr(issuer, "id_token", "a.b.c"), id="no token at all"),
        pytest.param(lambda issuer: setattr(issuer, "id_token", 5), id="a number"),
        pytest.param(lambda issuer: setattr(issuer, "signing_key", new_key("RS256", "first")), id="forged signature"),
    ],
)
def test_what_is_wrong_in_a_token_keeps_one_out(
    new_client: NewClient, sign_in: SignIn, issuer: Issuer, parts: AdminParts, spoil: Callable[[Issuer], None]
) -> None:
    spoil(issuer)
    browser = new_client()
    page = sign_in(browser)
    assert (page.status_code, "Single sign-on was refused" in page.text) == (401, True)
    assert _me(browser)["error"]["code"] == "not-signed-in"
    with parts.database.reading() as session:
        assert session.scalars(select(Account)).all() == []


def _with(url: str, **changes: str | None) -> str:
    parsed = httpx2.URL(url)
    query = {name: value for name, value in {**dict(parsed.params), **changes}.items() if value is not None}
    return str(parsed.copy_with(params=query))


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "another"},
        {"state": None},
        {"iss": "https://other.example"},
        {"code": "another"},
        {"code": None},
        {"error": "access_denied"},
        {"error": "<script>"},
    ],
)
def test_an_answer_that_is_not_to_our_request_is_refused(new_client: NewClient, changes: dict[str, str | None]) -> None:
    browser = new_client()
    page = browser.get(_with(go_to_issuer(browser), **changes))
    assert page.status_code == 401
    assert "<script>" not in page.text
    assert _me(browser)["error"]["code"] == "not-signed-in"


def test_the_answer_to_one_browser_is_no_good_in_another(new_client: NewClient) -> None:
    """Login CSRF: an attacker's answer, which somebody else's browser is made to send."""
    attackers, victims = new_client(), new_client()
    answer = go_to_issuer(attackers)
    assert victims.get(answer).status_code == 401
    go_to_issuer(victims)
    assert victims.get(answer).status_code == 401


@pytest.mark.parametrize("cookie", ["", "x", "W10=", "WzEsMiwzLDQsIngiXQ==", "x" * 5000, "W1tb" * 1000])
def test_a_cookie_that_is_none_is_refused(new_client: NewClient, cookie: str) -> None:
    browser = new_client()
    answer = go_to_issuer(browser)
    browser.cookies.clear()
    browser.cookies["edge_render_sign_on"] = cookie
    assert browser.get(answer).status_code == 401


def test_an_answer_counts_once(new_client: NewClient) -> None:
    browser = new_client()
    answer = go_to_issuer(browser)
    assert browser.get(answer).status_code == 303
    assert browser.get(answer).status_code == 401


def test_an_answer_that_comes_late_is_refused(new_client: NewClient, app: FastAPI, parts: AdminParts) -> None:
    browser = new_client()
    answer = go_to_issuer(browser)
    app.state.parts = dataclasses.replace(parts, now=lambda: parts.now() + 700)
    assert browser.get(answer).status_code == 401


@pytest.mark.parametrize(
    "metadata",
    [{"issuer": "https://other.example"}, {"token_endpoint": "http://other.example/token"}, {"jwks_uri": None}],
)
def test_an_issuer_that_says_wrong_things_of_itself_is_told_so(
    new_client: NewClient, issuer: Issuer, metadata: dict[str, Any], people: AdminParts
) -> None:
    issuer.metadata |= metadata
    page = new_client().get("/login/oidc")
    assert (page.status_code, "Single sign-on does not answer" in page.text) == (503, True)
    assert 'name="password"' in page.text


def test_an_issuer_that_is_away_is_not_asked_by_each_who_comes() -> None:
    now = 100.0
    with (
        socket.create_server(("127.0.0.1", 0)) as away,
        Provider(f"http://127.0.0.1:{away.getsockname()[1]}", lambda: now) as provider,
    ):
        away.settimeout(30)
        asking = threading.Thread(target=lambda: away.accept()[0].close())
        asking.start()
        with pytest.raises(IssuerUnavailable, match="does not answer"):
            provider.metadata()
        asking.join()
        away.setblocking(False)
        with pytest.raises(IssuerUnavailable, match="a moment ago"):
            provider.metadata()
        with pytest.raises(BlockingIOError):
            away.accept()


def test_where_the_issuer_says_that_it_names_itself_it_must(new_client: NewClient, issuer: Issuer) -> None:
    issuer.metadata["authorization_response_iss_parameter_supported"] = True
    browser = new_client()
    assert browser.get(_with(go_to_issuer(browser), iss=None)).status_code == 401


def test_nobody_is_sent_elsewhere_after_it(new_client: NewClient) -> None:
    browser = new_client()
    assert browser.get(go_to_issuer(browser, "https://evil.test")).headers["location"] == "/"


def test_who_logs_out_is_offered_to_log_out_there_too(new_client: NewClient, sign_in: SignIn, issuer: Issuer) -> None:
    browser = new_client()
    sign_in(browser)
    csrf = _me(browser)["csrf_token"]
    sent = browser.post("/logout", data={"csrf_token": csrf})
    assert "Log out of SSO as well" in browser.get(sent.headers["location"]).text
    there = browser.get("/logout/oidc").headers["location"]
    assert there.startswith(
        f"{issuer.url}/logout?client_id=edge+render&post_logout_redirect_uri=http%3A%2F%2Ftestserver"
    )


def test_the_login_page_offers_it(new_client: NewClient, people: AdminParts) -> None:
    page = new_client().get("/login?next=/audit").text
    assert 'href="/login/oidc?next=/audit"' in page or 'href="/login/oidc?next=%2Faudit"' in page


def test_roles_are_words_of_ours() -> None:
    assert role_from("Administrator") is Role.VIEWER
    assert role_from([{"role": "administrator"}, 4, None]) is Role.VIEWER
    assert role_from(["viewer", "administrator"]) is Role.ADMINISTRATOR


@pytest.mark.parametrize("issuer_url", ["http://sso.example", "ftp://sso.example", "http://127.0.0.1.example"])
def test_an_issuer_elsewhere_must_be_https(issuer_url: str) -> None:
    with pytest.raises(ValueError, match="oidc_issuer"):
        AdminSettings(oidc_issuer=issuer_url, oidc_client_id="x")

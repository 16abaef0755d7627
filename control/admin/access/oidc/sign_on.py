"""Single sign-on: to the issuer and back, and which account that is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import structlog
from joserfc.errors import JoseError
from joserfc.jws import extract_compact
from sqlalchemy import select
from sqlalchemy.orm import Session

from control.admin import audit
from control.admin.access.accounts import NAME_PATTERN, add_account, find_account, role_of, subject_of
from control.admin.access.actor import Role
from control.admin.access.login import LoggedIn, Logins
from control.admin.access.oidc.errors import SignOnRefused
from control.admin.access.oidc.id_token import Expected, check_id_token
from control.admin.access.oidc.provider import Provider
from control.admin.database import Database
from control.admin.settings import AdminSettings
from control.admin.tables import Account

_log = structlog.get_logger(__name__)

CALLBACK_PATH: Final = "/login/oidc/callback"
ATTEMPT_S: Final = 600.0
"""For so long somebody may take to log in at the issuer."""


@asynccontextmanager
async def open_sign_on(
    settings: AdminSettings, database: Database, logins: Logins, now: Callable[[], float]
) -> AsyncIterator[SignOn | None]:
    """With the issuer that is set, if any; it is asked for nothing before somebody logs in."""
    if settings.oidc_issuer is None:
        yield None
        return
    with Provider(settings.oidc_issuer, now) as provider:
        yield SignOn(settings, database, logins, provider)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the browser keeps while it is at the issuer, in a cookie that scripts can't read: it ties the answer to the
    browser that asked."""

    state: str
    nonce: str
    verifier: str
    onward: str
    expires_at: float

    def to_cookie(self) -> str:
        """As text."""
        fields = [self.state, self.nonce, self.verifier, self.onward, self.expires_at]
        return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode()

    @classmethod
    def from_cookie(cls, cookie: str) -> Attempt:
        """Raises SignOnRefused where it is none."""
        try:
            state, nonce, verifier, onward, expires_at = json.loads(base64.urlsafe_b64decode(cookie[:4000]))
            return cls(str(state), str(nonce), str(verifier), str(onward), float(expires_at))
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            raise SignOnRefused("this browser did not ask for it, or too long ago; try again") from error


class SignOn:
    """The client at the issuer. For threads."""

    def __init__(self, settings: AdminSettings, database: Database, logins: Logins, provider: Provider) -> None:
        self._settings = settings
        self._database = database
        self._logins = logins
        self._provider = provider
        self._client_id = settings.oidc_client_id or ""
        self._redirect_uri = f"{settings.base_url}{CALLBACK_PATH}"

    def begin(self, onward: str, language: str, now: float) -> tuple[str, Attempt]:
        """Where to send the browser, and what it is to keep. Raises IssuerUnavailable."""
        attempt = Attempt(_random(), _random(), _random(), onward, now + ATTEMPT_S)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": "openid profile email",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "ui_locales": "zh-CN" if language == "zh" else "en",
        }
        return _with_query(self._provider.metadata().authorization_endpoint, query), attempt

    def finish(self, answer: Mapping[str, str], cookie: str, now: float) -> tuple[LoggedIn, str]:
        """The browser came back: who it is, and where they wanted to go. Raises SignOnRefused, IssuerUnavailable."""
        attempt = Attempt.from_cookie(cookie)
        sent = answer.get("state", "").encode("utf-8", "surrogatepass")
        if now > attempt.expires_at or not hmac.compare_digest(attempt.state.encode(), sent):
            raise SignOnRefused("this browser did not ask for it, or too long ago; try again (state)")
        self._check_issuer(answer)
        if "error" in answer or "code" not in answer:
            # What the issuer says comes through the browser: only what looks like a code is repeated.
            told = answer.get("error", "")
            raise SignOnRefused(f"the issuer says {told}" if re.fullmatch(r"[a-z_]{1,40}", told) else "no code came")
        claims = self._claims(answer["code"], attempt, now)
        with self._database.session() as session:
            account = self._account(session, claims, now)
            if not account.disabled:
                return LoggedIn(account, self._logins.start(session, account, "single-sign-on", now)), attempt.onward
        _log.warning("sign_on_refused", account=account.name, reason="disabled")
        raise SignOnRefused("the account is disabled")

    def log_out_url(self) -> str | None:
        """Where one logs out at the issuer (OpenID Connect RP-Initiated Logout 1.0); None where it offers that not.
        Raises IssuerUnavailable."""
        endpoint = self._provider.metadata().end_session_endpoint
        if endpoint is None:
            return None
        back = f"{self._settings.base_url}/login"
        return _with_query(endpoint, {"client_id": self._client_id, "post_logout_redirect_uri": back})

    def _check_issuer(self, answer: Mapping[str, str]) -> None:
        """RFC 9207: an answer of another issuer is not taken."""
        told = answer.get("iss")
        if told is None and not self._provider.metadata().authorization_response_iss_parameter_supported:
            return
        if told != self._provider.issuer:
            raise SignOnRefused("the answer is another issuer's (iss)")

    def _claims(self, code: str, attempt: Attempt, now: float) -> Mapping[str, Any]:
        secret = self._settings.oidc_client_secret
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": attempt.verifier,
        }
        tokens = self._provider.redeem(form, self._client_id, secret.get_secret_value() if secret else None)
        id_token, access_token = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(id_token, str):
            raise SignOnRefused("the issuer gave no ID token")
        access_token = access_token if isinstance(access_token, str) else None
        keys = self._provider.keys_for(_key_id(id_token))
        expected = Expected(self._provider.issuer, self._client_id, attempt.nonce)
        claims = dict(check_id_token(id_token, keys, expected, now, access_token))
        if self._settings.oidc_role_claim not in {"", *claims} and access_token is not None:
            more = self._provider.user_info(access_token)
            # Core 1.0, 5.3.2: what is said of somebody else does not count.
            if more.get("sub") == claims["sub"]:
                claims = {**more, **claims}
        return claims

    def _account(self, session: Session, claims: Mapping[str, Any], now: float) -> Account:
        """The account of these claims, made at the first login; its role is the issuer's to say, where a claim is set
        for it: who lost the claim is a viewer."""
        claim = self._settings.oidc_role_claim
        role = role_from(claims.get(claim))
        subject = subject_key(self._provider.issuer, str(claims["sub"]))
        account = session.scalar(select(Account).where(Account.oidc_subject == subject))
        if account is None:
            name = _free_name(session, claims)
            return add_account(session, f"account:{name}", name, role, now, oidc_subject=subject)
        if claim and role is not role_of(account):
            # Also of the last administrator: whom the issuer no longer calls one must not stay one. The way back is
            # ``edge-render admin add-account``.
            detail = {"from": account.role, "to": role.word, "by": "issuer"}
            account.role = role.word
            audit.append(session, now, subject_of(account), "account.change-role", subject_of(account), detail)
        return account


def role_from(claim: object) -> Role:
    """The highest role that a claim names, as one word or in a list; viewer where it names none."""
    words = claim if isinstance(claim, list) else [claim]
    named = [role for role in Role if role.word in words]
    return max(named, default=Role.VIEWER)


def subject_key(issuer: str, subject: str) -> str:
    """Who it is at which issuer: subjects are unique within one alone (Core 1.0, 5.7)."""
    return hashlib.sha256(f"{issuer}\0{subject}".encode()).hexdigest()


def _free_name(session: Session, claims: Mapping[str, Any]) -> str:
    """For people to read. Never one that is taken: the issuer's anna need not be the local anna."""
    wishes = [claims.get("preferred_username"), claims.get("email"), claims.get("sub")]
    wish = next((wish for wish in wishes if isinstance(wish, str) and wish.strip()), "somebody")
    plain = re.sub(r"[^a-z0-9._@+-]+", "-", wish.strip().lower()).lstrip("._@+-")[:56] or "somebody"
    assert re.fullmatch(NAME_PATTERN, plain)
    name, number = plain, 1
    while find_account(session, name) is not None:
        number += 1
        name = f"{plain}-{number}"
    return name


def _key_id(token: str) -> str | None:
    try:
        found = extract_compact(token.encode()).headers().get("kid")
    except (JoseError, ValueError) as error:
        raise SignOnRefused(f"the ID token can't be read: {type(error).__name__}") from error
    return found if isinstance(found, str) else None


def _random() -> str:
    """256 bits in 43 characters: what RFC 7636, 4.1 asks of a verifier."""
    return secrets.token_urlsafe(32)


def _with_query(endpoint: str, query: Mapping[str, str]) -> str:
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

"""The issuer: what it says of itself (OpenID Connect Discovery 1.0), its keys, and its token endpoint."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet
from pydantic import BaseModel, ValidationError

from control.admin.access.oidc.errors import IssuerUnavailable, SignOnRefused

KEPT_S: Final = 3600.0
"""For so long what the issuer says of itself, and its keys, are not asked for again."""
REFETCH_S: Final = 30.0
"""Least time between two requests for keys because of a token with an unknown one."""
AWAY_S: Final = 5.0
"""After a failure it is not asked for so long: each who asks waits, on a thread, for those before and then as long as
``TIMEOUT_S``, and anybody may."""
TIMEOUT_S: Final = 10.0
MAX_BYTES: Final = 1 << 20
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Metadata(BaseModel):
    """What we need of the discovery document; the rest is passed over."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]
    authorization_response_iss_parameter_supported: bool = False


class Provider:
    """Asks the issuer, and keeps what it said for a while. Leaving it closes its connections. For threads."""

    def __init__(self, issuer: str, now: Callable[[], float]) -> None:
        """``issuer`` must be https, but for one on this machine."""
        self._issuer = issuer
        self._now = now
        self._client = httpx2.Client(timeout=TIMEOUT_S, follow_redirects=False)
        self._lock = threading.Lock()
        self._metadata: tuple[float, Metadata] | None = None
        self._failed_at = float("-inf")
        self._keys: tuple[float, KeySet] | None = None

    @property
    def issuer(self) -> str:
        return self._issuer

    def __enter__(self) -> Provider:
        return self

    def __exit__(self, *_error: object) -> None:
        self._client.close()

    def metadata(self) -> Metadata:
        """What the issuer says of itself. Raises IssuerUnavailable."""
        with self._lock:
            if self._metadata is None or self._now() - self._metadata[0] > KEPT_S:
                if 0 <= self._now() - self._failed_at < AWAY_S:
                    raise IssuerUnavailable("the issuer did not answer a moment ago; try again in a few seconds")
                try:
                    self._metadata = (self._now(), self._discover())
                except IssuerUnavailable:
                    self._failed_at = self._now()
                    raise
            return self._metadata[1]

    def keys_for(self, key_id: str | None) -> KeySet:
        """Its public keys; asked for anew where ``key_id`` is not among them, as issuers rotate keys. Raises
        IssuerUnavailable."""
        metadata = self.metadata()
        with self._lock:
            if self._keys is not None:
                age_s = self._now() - self._keys[0]
                known = key_id is None or any(key.kid == key_id for key in self._keys[1])
                if age_s <= (KEPT_S if known else REFETCH_S):
                    return self._keys[1]
            self._keys = (self._now(), _public_keys(self._get(metadata.jwks_uri)))
            return self._keys[1]

    def redeem(self, form: Mapping[str, str], client_id: str, client_secret: str | None) -> Mapping[str, Any]:
        """The token endpoint's answer to a code. Raises SignOnRefused, IssuerUnavailable."""
        metadata = self.metadata()
        sent, auth = dict(form), None
        if client_secret is None:
            sent["client_id"] = client_id
        elif "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            auth = httpx2.BasicAuth(_form_encoded(client_id), _form_encoded(client_secret))
        else:
            sent |= {"client_id": client_id, "client_secret": client_secret}
        request = self._client.build_request(
            "POST", metadata.token_endpoint, data=sent, headers={"Accept": "application/json"}
        )
        status, answer = self._send(request, auth)
        if status == 200:
            return answer
        told = answer.get("error")
        raise SignOnRefused(f"the issuer's token endpoint says {status} {told if isinstance(told, str) else ''}"[:200])

    def user_info(self, access_token: str) -> Mapping[str, Any]:
        """More claims of who logged in. Raises IssuerUnavailable."""
        endpoint = self.metadata().userinfo_endpoint
        return {} if endpoint is None else self._get(endpoint, {"Authorization": f"Bearer {access_token}"})

    def _discover(self) -> Metadata:
        found = self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            metadata = Metadata.model_validate(found)
        except ValidationError as error:
            raise IssuerUnavailable(f"the discovery document of {self._issuer} lacks what is needed") from error
        # Discovery 1.0, 4.3: else one issuer could speak for another.
        if metadata.issuer != self._issuer:
            raise IssuerUnavailable(f"{self._issuer} calls itself {metadata.issuer[:200]}; set --oidc-issuer to that")
        for endpoint in (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri):
            if not is_safe(endpoint):
                raise IssuerUnavailable(f"{self._issuer} names an endpoint that is not https")
        return metadata

    def _get(self, url: str, headers: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        status, answer = self._send(self._client.build_request("GET", url, headers=headers), None)
        if status != 200:
            raise IssuerUnavailable(f"{url} says {status}")
        return answer

    def _send(self, request: httpx2.Request, auth: httpx2.BasicAuth | None) -> tuple[int, Mapping[str, Any]]:
        where = f"{request.url.host}{request.url.path}"
        try:
            response = self._client.send(request, auth=auth, stream=True)
            try:
                body = b""
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MAX_BYTES:
                        raise IssuerUnavailable(f"{where} answers more than {MAX_BYTES} bytes")
            finally:
                response.close()
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise IssuerUnavailable(f"{where} does not answer: {type(error).__name__}") from error
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            if response.status_code == 200:
                raise IssuerUnavailable(f"{where} does not answer with a JSON object")
            answer = {}
        return response.status_code, answer


def is_safe(url: str) -> bool:
    """Whether nobody on the way can read or change what is sent there."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _public_keys(document: Mapping[str, Any]) -> KeySet:
    listed = document.get("keys")
    keys: list[Key] = []
    for data in listed if isinstance(listed, list) else []:
        # RFC 7517, 5: keys that are not understood are passed over. Shared secrets have no place here.
        if not isinstance(data, dict) or data.get("kty") not in ("RSA", "EC") or data.get("use", "sig") != "sig":
            continue
        try:
            keys.append(JWKRegistry.import_key(data))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    if not keys:
        raise IssuerUnavailable("the issuer publishes no key that signs")
    return KeySet(keys)


def _form_encoded(text: str) -> str:
    """RFC 6749, 2.3.1."""
    return str(httpx2.QueryParams({"x": text}))[2:]

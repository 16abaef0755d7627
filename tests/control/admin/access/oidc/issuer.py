"""A small OpenID provider: real sockets, real signatures, and what it says can be made wrong by a test."""

from __future__ import annotations

import base64
import hashlib
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID = "edge render"
CLIENT_SECRET = "s3cret: of the client/+"


class Issuer:
    """Logs in whoever comes, as who ``claims`` says."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.claims: dict[str, Any] = {"sub": "0001", "preferred_username": "Lin.Mei"}
        self.user_info: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.algorithm = "RS256"
        self.keys: list[RSAKey | ECKey] = [_first_key()]
        self.signing_key: RSAKey | ECKey = self.keys[0]
        self.with_kid = True
        self.id_token: str | None = None
        """What to answer in place of a token that is signed."""
        self.seen: list[dict[str, str]] = []
        """Queries of the authorization endpoint."""
        self.key_requests = 0
        self._codes: dict[str, dict[str, str]] = {}
        self.access_tokens: list[str] = []

    def rotate(self, algorithm: str = "RS256") -> None:
        """Sign with a new key, and forget the old one."""
        self.algorithm = algorithm
        self.keys = [new_key(algorithm, secrets.token_hex(4))]
        self.signing_key = self.keys[0]

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._describe),
                Route("/authorize", self._authorize),
                Route("/token", self._redeem, methods=["POST"]),
                Route("/keys", self._list_keys),
                Route("/userinfo", self._tell_of_user),
            ]
        )

    def _describe(self, _request: Request) -> Response:
        told = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "end_session_endpoint": f"{self.url}/logout",
            "response_types_supported": ["code"],
        }
        return JSONResponse(told | self.metadata)

    def _authorize(self, request: Request) -> Response:
        query = dict(request.query_params)
        self.seen.append(query)
        if query.get("client_id") != CLIENT_ID or query.get("code_challenge_method") != "S256":
            return Response("no", 400)
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        answer = urlencode({"code": code, "state": query["state"], "iss": self.url})
        return RedirectResponse(f"{query['redirect_uri']}?{answer}", 302)

    async def _redeem(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        quoted = "edge+render:s3cret%3A+of+the+client%2F%2B"
        if request.headers.get("authorization") != f"Basic {base64.b64encode(quoted.encode()).decode()}":
            return JSONResponse({"error": "invalid_client"}, 401)
        asked = self._codes.pop(form.get("code", ""), None)
        verified = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        if (
            asked is None
            or asked["code_challenge"] != verified.decode()
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        access_token = secrets.token_urlsafe(16)
        self.access_tokens.append(access_token)
        token = self.id_token or self._sign(asked, access_token)
        return JSONResponse({"access_token": access_token, "token_type": "Bearer", "id_token": token})

    def _sign(self, asked: dict[str, str], access_token: str) -> str:
        now = int(time.time())
        half = hashlib.new(f"sha{self.algorithm[2:]}", access_token.encode()).digest()
        claims = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "at_hash": base64.urlsafe_b64encode(half[: len(half) // 2]).rstrip(b"=").decode(),
            **self.claims,
        }
        header = {"alg": self.algorithm} | ({"kid": self.signing_key.kid or ""} if self.with_kid else {})
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(header, kept, self.signing_key, algorithms=[self.algorithm])

    def _list_keys(self, _request: Request) -> Response:
        self.key_requests += 1
        listed = dict(KeySet(list(self.keys)).as_dict())
        return JSONResponse({"keys": [{"kty": "AKP", "alg": "ML-DSA-44", "pub": "x"}, *listed["keys"]]})

    def _tell_of_user(self, request: Request) -> Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.access_tokens:
            return JSONResponse({"error": "invalid_token"}, 401)
        return JSONResponse({"sub": self.claims["sub"], **self.user_info})


def new_key(algorithm: str, key_id: str) -> RSAKey | ECKey:
    """A key that signs by it."""
    parameters: Any = {"kid": key_id, "use": "sig"}
    if algorithm.startswith("ES"):
        return ECKey.generate_key("P-256", parameters)
    return RSAKey.generate_key(2048, parameters)


@cache
def _first_key() -> RSAKey | ECKey:
    """Made once, as that takes long."""
    return new_key("RS256", "first")


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """On a port of its own, until the end."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        issuer = Issuer(f"http://127.0.0.1:{listening.getsockname()[1]}")
        server = uvicorn.Server(uvicorn.Config(issuer.app(), log_level="warning", lifespan="off"))
        listening.listen()
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield issuer
        finally:
            server.should_exit = True
            thread.join()

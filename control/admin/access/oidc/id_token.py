"""Checks ID tokens (OpenID Connect Core 1.0, 3.1.3.7)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from control.admin.access.oidc.errors import SignOnRefused

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures by keys of which we have the public half: ``none`` and those by a shared secret are never taken."""
LEEWAY_S: Final = 60
"""By how much the clocks may differ."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must say to be the answer to our request."""

    issuer: str
    client_id: str
    nonce: str


def check_id_token(
    token: str, keys: KeySet, expected: Expected, now: float, access_token: str | None = None
) -> Mapping[str, Any]:
    """Its claims. Raises SignOnRefused where the signature, issuer, audience, time, nonce or ``at_hash`` is wrong."""
    try:
        checked = jwt.decode(token, keys, registry=JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False))
        registry = jwt.JWTClaimsRegistry(
            now=int(now),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": expected.issuer},
            aud={"essential": True, "value": expected.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        registry.validate(checked.claims)
    except (JoseError, ValueError) as error:
        # The error may quote the token.
        raise SignOnRefused(f"the ID token is no good: {type(error).__name__}") from error
    claims: Mapping[str, Any] = checked.claims
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise SignOnRefused("the ID token is the answer to another request (nonce)")
    party = claims.get("azp")
    if (
        party is not None or (isinstance(claims["aud"], list) and len(claims["aud"]) > 1)
    ) and party != expected.client_id:
        raise SignOnRefused("the ID token was made for another client (azp)")
    at_hash = claims.get("at_hash")
    if at_hash is not None and (access_token is None or at_hash != _half_hash(access_token, checked.header["alg"])):
        raise SignOnRefused("the ID token belongs to another access token (at_hash)")
    return claims


def _half_hash(access_token: str, algorithm: str) -> str:
    """OpenID Connect Core 1.0, 3.1.3.6: by the hash of the token's own algorithm."""
    digest = hashlib.new(f"sha{algorithm[2:]}", access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()

"""Signed texts (JWT, RFC 7519; Ed25519 by RFC 8037) by which a visitor's way into a renderer is allowed.

- A *join token* is what a visitor enters with: for one showroom, for a minute, once. Its ``guard`` is the renderer that
  sees to the "once": it is asked first, and remembers the token until it is too old.
- A *pass* goes with each request of a gateway to a renderer: for that renderer, for half a minute.
- A *resume token* lets a visitor come back, to the same renderer while it lives.
- A *ticket* is a place in the queue: it says since when.

Only gateways can sign; a renderer has the public half, as it works on files that others made.
"""

from __future__ import annotations

import secrets
from typing import Annotated, ClassVar, Final, Literal, Self

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey
from joserfc.jws import JWSRegistry
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from control.fleet.errors import TokenRefused

TOKEN_MAX_BYTES: Final = 4096
LEEWAY_S: Final = 5.0
"""How far the clocks of two nodes may differ."""
_REGISTRY: Final = JWSRegistry(algorithms=["Ed25519"])
_ALGORITHMS: Final = ["Ed25519"]

Name = Annotated[str, Field(max_length=128)]


class Token(BaseModel):
    """What all signed texts have in common. Times are seconds of the Unix epoch."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    kind: ClassVar[str]
    lifetime_s: ClassVar[float]

    jti: str = Field(default_factory=lambda: secrets.token_urlsafe(16), max_length=64)
    exp: float = 0.0

    def dated(self, now_s: float) -> Self:
        """With its end: a new one is good from now for ``lifetime_s``. One that was read keeps the end that it had: who
        shows it again and again must not have it for ever: it is remembered as used only as long as it is good."""
        return self if self.exp else self.model_copy(update={"exp": now_s + self.lifetime_s})

    def sign(self, key: OKPKey, now_s: float) -> str:
        """The text, good for as long as ``dated`` says."""
        claims = self.dated(now_s).model_dump(mode="json", exclude_none=True)
        header = {"alg": "Ed25519", "typ": self.kind, "kid": key.kid}
        return jwt.encode(header, claims, key, registry=_REGISTRY, default_type=None)

    @classmethod
    def read(cls, text: str, keys: KeySet, now_s: float) -> Self:
        """Check and read. Raises TokenRefused."""
        if len(text) > TOKEN_MAX_BYTES:
            raise TokenRefused("bad-token", "the token is too long to be one of ours")
        try:
            read = jwt.decode(text, keys, algorithms=_ALGORITHMS, registry=_REGISTRY)
            if read.header.get("typ") != cls.kind:
                raise TokenRefused("bad-token", f"the token is no {cls.kind}")
            token = cls.model_validate(read.claims)
        except (JoseError, ValidationError, ValueError) as error:
            raise TokenRefused("bad-token", "the token can't be read, or was signed by somebody else") from error
        if token.exp + LEEWAY_S < now_s:
            raise TokenRefused("expired-token", "the token is too old")
        return token


class _Visitor(Token):
    visitor: Name
    """Who it is, from entering to leaving, over any number of connections; means nothing beyond that."""
    showroom: Annotated[str, Field(max_length=64)] | None = None


class GuideHold(BaseModel):
    """A guided visit that its presenter takes along to another renderer."""

    model_config = ConfigDict(frozen=True)
    code: Annotated[str, Field(max_length=40)]
    key: Annotated[str, Field(max_length=64)]


class JoinToken(_Visitor):
    """See the module."""

    kind = "edge-render-join"
    lifetime_s = 60.0

    guard: Name
    supersedes: Name | None = None
    """The visit at ``guard`` that this one takes the place of."""
    guide: GuideHold | None = None
    follow: Annotated[str, Field(max_length=40)] | None = None
    since_s: float | None = None
    """Since when who has it has waited: where all turn out to be full after all, they keep their place in the queue."""


class ResumeToken(_Visitor):
    """See the module."""

    kind = "edge-render-resume"
    lifetime_s = 12 * 3600.0

    renderer: Name
    visit: Name
    guide: GuideHold | None = None
    follow: Annotated[str, Field(max_length=40)] | None = None


class Ticket(_Visitor):
    """See the module."""

    kind = "edge-render-ticket"
    lifetime_s = 3600.0

    since_s: float
    guide: GuideHold | None = None


class Pass(Token):
    """See the module. ``act``: watch the renderer's state, let a visitor in, or do something with a visit."""

    kind = "edge-render-pass"
    lifetime_s = 30.0

    aud: Name
    act: Literal["state", "enter", "visit"]
    visit: Name | None = None
    visitor: Name | None = None
    showroom: Annotated[str, Field(max_length=64)] | None = None
    address: Annotated[str, Field(max_length=64)] = ""
    """The visitor's, as the gateway saw it: those who guess codes are kept out by it."""
    spends: Annotated[str, Field(max_length=64)] | None = None
    """The join token that lets the visitor in, where this renderer is its guard: refused when seen before."""
    supersedes: Name | None = None
    """A visit that ends when this one begins, and whose place it takes."""
    guide: GuideHold | None = None
    """A guided visit that goes on here, as its renderer is going or gone."""

    def check_audience(self, name: str) -> None:
        """Raises TokenRefused where the pass is for another renderer."""
        if self.aud != name:
            raise TokenRefused("wrong-audience", "the pass is for another renderer: addresses are used again")


def new_signing_key() -> OKPKey:
    """A gateway's key; its public half is what renderers are given."""
    key = OKPKey.generate_key("Ed25519", private=True)
    key.ensure_kid()
    return key

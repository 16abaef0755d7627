"""Lets visitors join: checks what they bring, finds them a renderer, and signs the token with which they enter.

Nothing is kept here of who has a token: everything that matters later is in the signed texts, so that any gateway can
go on. The renderer decides whether somebody gets a place; a gateway only sees to it that those who wait go first.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from control.fleet.errors import TokenRefused
from control.fleet.states import guide_digest
from control.fleet.tokens import TOKEN_MAX_BYTES, JoinToken, ResumeToken, Ticket, Token
from control.gateway.address_rate import AddressRate
from control.gateway.errors import Refused
from control.gateway.fleet_view import FleetView
from control.gateway.renderer import Phase, Renderer
from control.gateway.settings import GatewaySettings
from control.gateway.signer import Signer
from control.gateway.waiting_line import Waiting
from control.gateway.waiting_room import WaitingRoom
from control.http_face.errors import (
    RETRY_AFTER_ATTEMPTS_S,
    RETRY_AFTER_NO_SHOWROOM_S,
    RETRY_AFTER_STARTING_S,
)
from control.session import Attempts, read_code

GUIDE_COMES_BACK_S: Final = 8.0
"""Whose guided visit has gone with its renderer waits so long for its presenter to open it elsewhere."""
WRONG_SECRETS: Final = 30
"""A minute, from one address."""

AToken = TypeVar("AToken", bound=Token)
NEW_GUIDE: Final = "new"

SignedText = Annotated[str, Field(max_length=TOKEN_MAX_BYTES)]
Code = Annotated[str, Field(max_length=40)]


class JoinRequest(BaseModel):
    """The body of ``POST /join``; all of it may be left out."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    showroom: Annotated[str, Field(max_length=64)] | None = None
    scene: Annotated[str, Field(max_length=64)] | None = None
    """Where they will enter: renderers that have it on the GPU come first."""
    resume: SignedText | None = None
    ticket: SignedText | None = None
    follow: Code | None = None
    guide: Code | None = None
    """``new``, or the code of the guided visit that the visitor leads."""


@dataclass(frozen=True, slots=True)
class Granted:
    """They may enter."""

    token: JoinToken


@dataclass(frozen=True, slots=True)
class Queued:
    """All is full: they wait."""

    ticket: Ticket
    position: int


class GuideUnknown(Refused):
    """No guided visit has that code, or it has ended."""

    def __init__(self) -> None:
        super().__init__(404, "no-guide")


class Joining:
    """See the module."""

    def __init__(
        self,
        settings: GatewaySettings,
        signer: Signer,
        fleet: FleetView,
        room: WaitingRoom,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._mode: Literal["open", "invited"] = settings.join
        self._issuers = [secret.get_secret_value().encode() for secret in settings.issuer_secrets]
        self._signer = signer
        self._fleet = fleet
        self._room = room
        self._clock = clock
        self._joins = AddressRate(settings.joins_per_minute, 60.0)
        self._wrong_secrets = AddressRate(WRONG_SECRETS, 60.0)
        self._wrong_codes = Attempts()

    async def join(self, asked: JoinRequest, address: str, bearer: str | None = None) -> Granted | Queued:
        """Let somebody in who asks from a network address. ``bearer``: an issuer's secret, or the token that was got by
        one. Raises Refused."""
        now_s = self._clock()
        if bearer is not None and not self._is_issuer(bearer, address, now_s):
            return Granted(self.read(JoinToken, bearer))
        if bearer is None:
            self._count_join(address, now_s)
            if self._mode == "invited" and asked.resume is None and asked.ticket is None:
                raise Refused(401, "invitation-needed")
        self._check_known()
        if asked.resume is not None:
            return await self._come_back(self.read(ResumeToken, asked.resume), address, asked.scene)
        if asked.ticket is not None:
            return self.place(self.unused_ticket(asked.ticket), address, asked.scene)
        visitor = secrets.token_urlsafe(12)
        if asked.follow is not None:
            return Granted(self._follow(visitor, asked.follow, self._guide_of(asked.follow, address)))
        new = Ticket(visitor=visitor, showroom=asked.showroom or None, since_s=now_s)
        if asked.guide is not None and asked.guide != NEW_GUIDE:
            # Who led a guided visit goes to where it is; if it is nowhere, they open a new one, as at a node.
            with suppress(GuideUnknown):
                return Granted(self._token(new, self._guide_of(asked.guide, address).uid))
        return self.place(new, address, asked.scene)

    def place(self, ticket: Ticket, address: str, scene: str | None = None) -> Granted | Queued:
        """A token for who waits since the ticket says, which may be no time at all; or a place in the line. Raises
        Refused."""
        self.check_shown(ticket.showroom)
        best = (
            next(self._fleet.candidates(ticket.showroom, scene), None)
            if self._room.may_enter(ticket.showroom)
            else None
        )
        if best is not None:
            self._room.promise(waiting_of(ticket), best)
            return Granted(self._token(ticket, best.uid))
        return self.place_later(ticket, address)

    def place_later(self, ticket: Ticket, address: str) -> Queued:
        """A place in the line, for whom no renderer has one now. Raises Refused, also where none will ever."""
        self.check_shown(ticket.showroom)
        return Queued(ticket, self._room.come(waiting_of(ticket), address))

    def turn(self, ticket: Ticket, renderer_uid: str) -> JoinToken:
        """The token of somebody who has waited, and for whom a place is kept there."""
        return self._token(ticket, renderer_uid)

    def again(self, token: JoinToken) -> Ticket:
        """For who turned out to find no place with their token: they keep their place in the line."""
        since_s = self._clock() if token.since_s is None else token.since_s
        return Ticket(visitor=token.visitor, showroom=token.showroom, since_s=since_s, guide=token.guide)

    def unused_ticket(self, text: str) -> Ticket:
        """A ticket that has not led to a visit yet. Raises Refused."""
        ticket = self.read(Ticket, text)
        if self._room.has_entered(ticket.jti):
            raise Refused(409, "used-token", "this ticket has led to a visit: join anew")
        return ticket

    def read(self, kind: type[AToken], text: str) -> AToken:
        """Raises Refused."""
        try:
            return kind.read(text, self._signer.keys, self._clock())
        except TokenRefused as refused:
            raise Refused(401, refused.code, str(refused)) from refused

    def check_shown(self, showroom: str | None) -> None:
        """Raises Refused where nobody could enter that showroom, be there places or not."""
        self._check_known()
        if self._fleet.shows(showroom):
            return
        if not self._fleet.shows(None):
            raise Refused(503, "starting", "no renderer is ready", RETRY_AFTER_STARTING_S)
        raise Refused(404, "no-showroom", f"no renderer shows '{showroom}'", RETRY_AFTER_NO_SHOWROOM_S)

    # --- coming back -------------------------------------------------------------------------------------

    async def _come_back(self, resume: ResumeToken, address: str, scene: str | None) -> Granted | Queued:
        if resume.follow is not None:
            guide = await self._guide_again(resume.follow)
            same = guide.uid == resume.renderer
            return Granted(self._follow(resume.visitor, resume.follow, guide, resume.visit if same else None))
        before = self._fleet.find(resume.renderer)
        # Who was here goes before all who came later than they did.
        since_s = resume.exp - ResumeToken.lifetime_s
        ticket = Ticket(visitor=resume.visitor, showroom=resume.showroom, since_s=since_s, guide=resume.guide)
        if before is not None and before.phase is Phase.KNOWN:
            # Their place is there still, though all may be full: the new visit takes the old one's.
            return Granted(self._token(ticket, before.uid, supersedes=resume.visit))
        return self.place(ticket, address, scene)

    async def _guide_again(self, code: str) -> Renderer:
        """Where a guided visit goes on that somebody has followed; if it is on its way, wait for it. Raises Refused."""
        digest = guide_digest(code)
        with suppress(TimeoutError):
            async with asyncio.timeout(GUIDE_COMES_BACK_S):
                while True:
                    version = self._fleet.version
                    if guide := self._fleet.with_guide(digest):
                        return guide
                    await self._fleet.changed(version)
        raise GuideUnknown

    def _guide_of(self, text: str, address: str) -> Renderer:
        now_s = self._clock()
        if self._wrong_codes.exhausted(address, now_s):
            raise Refused(429, "too-many-attempts", retry_after_s=RETRY_AFTER_ATTEMPTS_S)
        if guide := self._fleet.with_guide(guide_digest(text)):
            return guide
        self._wrong_codes.failed(address, now_s)
        raise GuideUnknown

    # --- tokens ------------------------------------------------------------------------------------------

    def _follow(self, visitor: str, code: str, guide: Renderer, supersedes: str | None = None) -> JoinToken:
        return JoinToken(visitor=visitor, guard=guide.uid, follow=read_code(code), supersedes=supersedes)

    def _token(self, ticket: Ticket, guard: str, supersedes: str | None = None) -> JoinToken:
        # By the ticket's own identifier: whichever gateways give them out, one ticket is good for one visit.
        return JoinToken(
            jti=ticket.jti,
            visitor=ticket.visitor,
            showroom=ticket.showroom,
            guard=guard,
            supersedes=supersedes,
            guide=ticket.guide,
            since_s=ticket.since_s,
        )

    # --- who may ask -------------------------------------------------------------------------------------

    def _is_issuer(self, bearer: str, address: str, now_s: float) -> bool:
        """Whether it is one of the secrets. A signed text (which has two dots) is looked at as such."""
        # All are compared, so that the time tells nothing.
        equal = [hmac.compare_digest(bearer.encode(), secret) for secret in self._issuers]
        if any(equal):
            return True  # whatever others at the same address have tried
        if bearer.count(".") == 2:
            return False
        if wait_s := self._wrong_secrets.wait_s(address, now_s):
            raise Refused(429, "too-many-attempts", retry_after_s=int(wait_s) + 1)
        self._wrong_secrets.count(address, now_s)
        raise Refused(401, "bad-token", "this is no --issuer-secret of this gateway")

    def _count_join(self, address: str, now_s: float) -> None:
        if wait_s := self._joins.wait_s(address, now_s):
            raise Refused(429, "too-many-attempts", "too many joins from this address", int(wait_s) + 1)
        self._joins.count(address, now_s)

    def _check_known(self) -> None:
        if not self._fleet.known:
            raise Refused(503, "starting", "this gateway does not know the renderers yet", RETRY_AFTER_STARTING_S)


def waiting_of(ticket: Ticket) -> Waiting:
    """How the line knows who has that ticket."""
    return Waiting(ticket.jti, ticket.since_s, ticket.showroom)

"""Passes a visitor's signalling (WHEP) on to a renderer: the one that the token says first, then others that have room.

A renderer admits or refuses; nobody is told that all is full before all who may have a place were asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import structlog

from control.fleet.states import guide_digest
from control.fleet.tokens import LEEWAY_S, GuideHold, JoinToken, Pass, ResumeToken
from control.gateway.errors import Refused, RendererUnreachable
from control.gateway.fleet_view import Asking, FleetView
from control.gateway.references import VisitReference, is_visit
from control.gateway.renderer import Renderer
from control.gateway.renderer_client import Answer, RendererClient
from control.gateway.signer import Signer
from control.gateway.waiting_room import WaitingRoom
from control.http_face.errors import RETRY_AFTER_STARTING_S
from control.session import SpentTokens

log = structlog.get_logger(__name__)

ASKED_FOR_S: Final = 12.0
"""So long somebody is asked for a place: then the visitor's page has given up."""
_VISITORS_FAULT: Final = frozenset({400, 413, 415, 422, 429})
"""Any renderer would say the same."""
_RENDERERS_OWN: Final = ("showroom", "follow", "guide", "key")
"""Of the query, what the token says better."""


@dataclass(frozen=True, slots=True)
class Entered:
    """A visit has begun."""

    reference: VisitReference
    resume: str
    answer: Answer


@dataclass(slots=True)
class Offer:
    """What a visitor sends to begin a visit."""

    query: dict[str, str]
    sdp: str
    content_type: str | None
    address: str
    waited_s: float = field(default=0.0)
    """How long renderers took to answer: the rest is the gateway's own time."""


class AllFull(Exception):
    """Every renderer that may have had a place was asked."""


class WhepProxy:
    """See the module."""

    def __init__(
        self,
        client: RendererClient,
        signer: Signer,
        fleet: FleetView,
        room: WaitingRoom,
        tried: Callable[[str], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``tried`` is told what came of each renderer that was asked."""
        self._client = client
        self._signer = signer
        self._fleet = fleet
        self._room = room
        self._tried = tried
        self._clock = clock
        self._spent = SpentTokens(JoinToken.lifetime_s + 2.0 * LEEWAY_S)

    async def enter(self, token: JoinToken, offer: Offer) -> Entered:
        """Find a place. Raises AllFull, or Refused with a renderer's answer or where nobody can enter."""
        # Its guard knows as well, whichever gateway it is asked by; but guards may be gone: then other gateways know.
        if self._room.has_entered(token.jti) or not self._spent.spend(token.jti, self._clock()):
            raise Refused(409, "used-token", "this token was used already")
        entered = await self._enter(token, offer)
        self._room.entered(token.jti)
        return entered

    async def _enter(self, token: JoinToken, offer: Offer) -> Entered:
        self._room.arrived(token.jti)
        ends_at = time.monotonic() + ASKED_FOR_S
        lost = False
        for renderer, asking in self._ways(token, offer.query.get("scene")):
            with asking:
                began = time.monotonic()
                try:
                    answer = await self._ask(renderer, token, offer)
                except RendererUnreachable as error:
                    log.warning("renderer_unreachable", pod=renderer.member.name, error=str(error))
                    self._tried("unreachable")
                    lost = True
                    continue
                finally:
                    offer.waited_s += time.monotonic() - began
                entered = self._read(answer, renderer, token, asking)
            if entered is not None:
                return entered
            if time.monotonic() > ends_at:
                break
        if token.follow is not None:
            raise Refused(
                503 if lost else 404, "starting" if lost else "no-guide", retry_after_s=RETRY_AFTER_STARTING_S
            )
        raise AllFull

    def _ways(self, token: JoinToken, scene: str | None) -> Iterator[tuple[Renderer, Asking]]:
        """Whom to ask, the guard first, each with its place counted as taken while it is asked."""
        guard = self._fleet.find(token.guard)
        if guard is not None:
            yield guard, self._fleet.ask(guard)
        if token.follow is not None:
            leads = self._fleet.with_guide(guide_digest(token.follow))
            if leads is not None and leads.uid != token.guard:
                yield leads, self._fleet.ask(leads)
            return
        for renderer in self._fleet.candidates(token.showroom, scene, avoid={token.guard}):
            yield renderer, self._fleet.ask(renderer)

    async def _ask(self, renderer: Renderer, token: JoinToken, offer: Offer) -> Answer:
        is_guard = renderer.uid == token.guard
        may = Pass(
            aud=renderer.uid,
            act="enter",
            visitor=token.visitor,
            showroom=token.showroom,
            address=offer.address[:64],
            spends=token.jti if is_guard else None,
            supersedes=token.supersedes if is_guard else None,
            guide=token.guide,
        )
        return await self._client.ask(
            renderer,
            may,
            "POST",
            "/whep",
            self._clock(),
            query=_query(token, offer.query),
            content_type=offer.content_type,
            body=offer.sdp,
        )

    def _read(self, answer: Answer, renderer: Renderer, token: JoinToken, asking: Asking) -> Entered | None:
        """What came of it; None: another one is to be asked. Raises Refused where others would say the same."""
        code = answer.code
        visit = answer.headers.get("Edge-Render-Visit", "")
        if answer.status == 201 and is_visit(visit):
            asking.entered()
            self._tried("entered")
            return Entered(VisitReference(renderer.uid, visit), self._resume(token, renderer, visit, answer), answer)
        if answer.status == 409 and code == "used-token":
            self._tried("used-token")
            raise Refused(409, "used-token", "this token was used already")
        if answer.status in _VISITORS_FAULT or (token.follow is not None and code in ("no-guide", "followers-full")):
            self._tried(code or str(answer.status))
            raise RefusedByRenderer(answer)
        if code == "full":
            asking.full()
        elif code not in ("draining", "starting", "no-showroom", "followers-full"):
            # Nothing that a visitor has to do with: keys that don't fit, a stranger at a pod's old address.
            log.error("renderer_refuses_gateway", pod=renderer.member.name, status=answer.status, code=code)
        self._tried(code or str(answer.status))
        return None

    def _resume(self, token: JoinToken, renderer: Renderer, visit: str, answer: Answer) -> str:
        code, key = (answer.headers.get(name, "") for name in ("Edge-Render-Guide", "Edge-Render-Guide-Key"))
        resume = ResumeToken(
            visitor=token.visitor,
            showroom=token.showroom,
            renderer=renderer.uid,
            visit=visit,
            guide=GuideHold(code=code, key=key) if code and key else None,
            follow=token.follow,
        )
        return resume.sign(self._signer.key, self._clock())

    async def pass_on(
        self, reference: VisitReference, method: str, query: dict[str, str], content_type: str | None, body: str
    ) -> Answer:
        """Have the renderer of a visit answer a request about it. Raises Refused where it is gone."""
        renderer = self._fleet.find(reference.renderer)
        if renderer is None:
            self._check_known()
            raise Refused(404, "not-found", "its renderer is gone")
        may = Pass(aud=renderer.uid, act="visit", visit=reference.visit)
        path = f"/whep/{reference.visit}"
        try:
            return await self._client.ask(
                renderer, may, method, path, self._clock(), query=query, content_type=content_type, body=body
            )
        except RendererUnreachable as error:
            log.warning("renderer_unreachable", pod=renderer.member.name, error=str(error))
            raise Refused(502, "unreachable", "its renderer does not answer", RETRY_AFTER_STARTING_S) from error

    def _check_known(self) -> None:
        if not self._fleet.known:
            raise Refused(503, "starting", "this gateway does not know the renderers yet", RETRY_AFTER_STARTING_S)


class RefusedByRenderer(Refused):
    """A renderer's own words are the best."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status, answer.code)
        self.answer = answer


def _query(token: JoinToken, asked: dict[str, str]) -> dict[str, str]:
    """What the visitor asked for, but for what the token says."""
    query = {name: value for name, value in asked.items() if name not in _RENDERERS_OWN}
    showroom = token.showroom or asked.get("showroom")
    if showroom is not None:
        query["showroom"] = showroom
    if token.follow is not None:
        query["follow"] = token.follow
    elif token.guide is None:
        query |= {name: asked[name] for name in ("guide", "key") if name in asked}
    return query

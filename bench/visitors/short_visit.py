"""A visit that only looks whether there is a picture."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from bench.visitors.samples import Sample, Tally
from bench.visitors.visitor_thread import now_s
from bench.visitors.webrtc_visit import WebRtcVisit


@asynccontextmanager
async def short_visit(node: httpx2.AsyncClient, showroom: str) -> AsyncIterator[dict[str, Any]]:
    """Enters as soon as the visitor has the first picture; gives the node's welcome. Raises VisitFailed and httpx2's
    errors."""
    visit = WebRtcVisit(_unheard)
    try:
        offered_s = now_s()
        reply = await node.post(
            "/whep",
            params={"showroom": showroom},
            content=await visit.offer(),
            headers={"Content-Type": "application/sdp"},
        )
        reply.raise_for_status()
        await visit.connect(reply.text, offered_s)
        yield visit.welcome
    finally:
        await visit.leave()


def _unheard(samples: list[Sample], tally: Tally | None = None) -> None:
    """Nothing is measured here."""

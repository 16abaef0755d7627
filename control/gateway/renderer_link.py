"""Reads what one renderer says of itself, as long as the cluster says that there is one.

A renderer that dies is noticed at once: its kernel ends the stream, and refuses the connection that is tried then. One
whose machine or network has gone is noticed by its silence.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from random import Random
from typing import Final

import aiohttp
from joserfc.jwk import OKPKey
from pydantic import ValidationError

from control.fleet.states import LINE_MAX_BYTES, RendererState
from control.fleet.tokens import Pass
from control.gateway.ndjson import StreamBroken, lines
from control.kube.cluster import Member

SILENCE_S: Final = 2.5
"""A renderer that says nothing for so long is gone: it should have said two things by then."""
_FIRST_WAIT_S: Final = 0.1
_LONGEST_WAIT_S: Final = 2.0
"""A pod that starts is known so soon after it listens."""
_SHORTEST_CONNECT_S: Final = 0.5
_SHORT_STREAM_S: Final = 1.0
"""One that ends sooner is not opened again at once: it would be so for ever."""


class RendererLink:
    """See the module. ``told`` is called with each line, ``lost`` whenever it can't be reached (again and again)."""

    def __init__(
        self,
        member: Member,
        key: OKPKey,
        http: aiohttp.ClientSession,
        random: Random,
        *,
        told: Callable[[RendererState], None],
        lost: Callable[[str], None],
    ) -> None:
        self._member = member
        self._key = key
        self._http = http
        self._random = random
        self._told = told
        self._lost = lost
        self._heard_at: float | None = None
        """When its last line came, on the event loop's clock; None: it was lost since."""

    async def follow(self) -> None:
        """Until cancelled."""
        clock = asyncio.get_running_loop().time
        failures = 0
        while True:
            began = clock()
            try:
                async with aclosing(self._stream()) as stream:
                    async for line in stream:
                        state = _read(line, self._member.uid)
                        failures = 0
                        self._heard_at = clock()
                        self._told(state)
            except StreamBroken as broken:
                why = str(broken)
            failures += 1
            if failures == 1 and self._silence_left_s() > 0:
                # Its stream broke, as one does that a proxy ends: only if it does not answer now it is gone.
                if clock() - began > _SHORT_STREAM_S:
                    continue
            else:
                self._heard_at = None
                self._lost(why)
            await asyncio.sleep(self._wait_s(failures))

    def _silence_left_s(self) -> float:
        if self._heard_at is None:
            return 0.0
        return self._heard_at + SILENCE_S - asyncio.get_running_loop().time()

    def _wait_s(self, failures: int) -> float:
        longest_s = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(failures - 1, 16))
        return longest_s * self._random.uniform(0.5, 1.0)

    def _stream(self) -> AsyncGenerator[bytes, None]:
        return lines(
            self._http,
            f"{self._member.url}/fleet/state",
            Pass(aud=self._member.uid, act="state").sign(self._key, time.time()),
            line_max_bytes=LINE_MAX_BYTES,
            silence_s=SILENCE_S,
            connect_s=SILENCE_S if self._heard_at is None else max(_SHORTEST_CONNECT_S, self._silence_left_s()),
        )


def _read(line: bytes, uid: str) -> RendererState:
    try:
        state = RendererState.model_validate_json(line)
    except ValidationError as error:
        raise StreamBroken(f"a line of its state can't be read: {error.errors(include_url=False)[0]['msg']}") from error
    if state.name != uid:
        raise StreamBroken(f"it calls itself '{state.name}': start it with --fleet-name {uid}")
    return state

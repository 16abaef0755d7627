"""Who may ask this renderer for what: each request but for health and metrics has a gateway's pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from fastapi import Response

from control.fleet.errors import TokenRefused
from control.fleet.tokens import LEEWAY_S, JoinToken, Pass
from control.http_face.errors import error_reply
from control.node.gateway_keys import GatewayKeys
from control.session import SpentTokens

_STATUS: Final = {"bad-token": 401, "expired-token": 401, "wrong-audience": 421, "used-token": 409}
_SCHEME: Final = "bearer "


class PassCheck:
    """Of one renderer, by its name in the fleet. ``refused`` is told the code of each refusal; ``clock``: the time of
    day, in seconds of the Unix epoch."""

    def __init__(
        self, name: str, keys: GatewayKeys, refused: Callable[[str], None], clock: Callable[[], float]
    ) -> None:
        self._name = name
        self._keys = keys
        self._refused = refused
        self._clock = clock
        self._spent = SpentTokens(kept_s=JoinToken.lifetime_s + 2.0 * LEEWAY_S)

    def check(
        self, authorization: str | None, act: Literal["state", "enter", "visit"], visit: str | None = None
    ) -> Pass:
        """The pass that came with a request. Raises TokenRefused where it does not allow that, of that visit."""
        try:
            if authorization is None or not authorization.lower().startswith(_SCHEME):
                raise TokenRefused("bad-token", "this renderer is entered through a gateway: the request has no pass")
            granted = Pass.read(authorization[len(_SCHEME) :].strip(), self._keys.current(), self._clock())
            granted.check_audience(self._name)
            if granted.act != act or granted.visit != visit:
                raise TokenRefused("bad-token", "the pass is for something else")
        except TokenRefused as refusal:
            self._refused(refusal.code)
            raise
        return granted

    def spend(self, granted: Pass) -> None:
        """Use up the join token that a pass lets somebody in by, whatever comes of it: else it could be used as often
        as they are refused. Raises TokenRefused where it was used before."""
        if granted.spends is not None and not self._spent.spend(granted.spends, self._clock()):
            self._refused("used-token")
            raise TokenRefused("used-token", "this join token was used before")


def refusal_reply(refusal: TokenRefused) -> Response:
    """What is answered to a request with such a pass."""
    status = _STATUS[refusal.code]
    return error_reply(status, refusal.code, str(refusal), {"WWW-Authenticate": "Bearer"} if status == 401 else None)

"""The STUN and TURN servers that visitors are told of: in answers to a join, and in the headers that WHEP has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from control.gateway.settings import GatewaySettings
from control.gateway.turn_credentials import turn_credentials


class IceServers:
    """As the settings say."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.policy = settings.ice_transport_policy
        self._stun = list(settings.stun_urls)
        self._turn = list(settings.turn_urls)
        self._secret = "" if settings.turn_secret is None else settings.turn_secret.get_secret_value()
        self._lifetime_s = settings.turn_lifetime_s

    def of(self, visitor: str, now_s: float) -> list[dict[str, Any]]:
        """As RTCConfiguration has them."""
        servers: list[dict[str, Any]] = []
        if self._stun:
            servers.append({"urls": self._stun})
        if self._turn:
            made = turn_credentials(self._secret, visitor, self._lifetime_s, now_s)
            servers.append({"urls": self._turn, "username": made.username, "credential": made.credential})
        return servers

    def links(self, visitor: str, now_s: float) -> Iterator[str]:
        """As ``Link`` headers (draft-ietf-wish-whep, section 4.4)."""
        for server in self.of(visitor, now_s):
            with_credentials = "".join(
                f'; {name}="{server[name]}"' for name in ("username", "credential") if name in server
            )
            for url in server["urls"]:
                link = f'<{url}>; rel="ice-server"{with_credentials}'
                yield link + ('; credential-type="password"' if with_credentials else "")

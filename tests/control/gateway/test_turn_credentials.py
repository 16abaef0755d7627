"""Credentials that a coturn with ``use-auth-secret`` accepts, and how visitors are told of them."""

from __future__ import annotations

from control.gateway.ice_servers import IceServers
from control.gateway.settings import GatewaySettings
from control.gateway.turn_credentials import turn_credentials


def test_the_password_is_the_mac_of_a_name_that_says_until_when_it_is_good() -> None:
    made = turn_credentials("north", "visitor", lifetime_s=600, now_s=1_000_000.5)
    assert made.username == "1000600:visitor"
    # printf 1000600:visitor | openssl dgst -sha1 -hmac north -binary | base64
    assert made.credential == "XyRGZczhsxshSH2vMhUCdd6piyQ="


def test_visitors_are_told_of_stun_and_turn_servers() -> None:
    settings = GatewaySettings(
        stun_urls=("stun:a:3478",),
        turn_urls="turn:b:3478?transport=udp, turns:b:5349",
        turn_secret="x" * 16,
        ice_transport_policy="relay",
    )
    ice = IceServers(settings)
    stun, turn = ice.of("visitor", now_s=0.0)
    assert stun == {"urls": ["stun:a:3478"]}
    assert turn["urls"] == ["turn:b:3478?transport=udp", "turns:b:5349"]
    assert turn["username"] == "21600:visitor"
    links = list(ice.links("visitor", now_s=0.0))
    assert links[0] == '<stun:a:3478>; rel="ice-server"'
    assert links[2].startswith('<turns:b:5349>; rel="ice-server"; username="21600:visitor"; credential="')
    assert links[2].endswith('"; credential-type="password"')

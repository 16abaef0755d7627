"""The options of a gateway, from flags and variables, and what is said of those that don't fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from control.fleet.tokens import JoinToken, new_signing_key
from control.gateway.errors import GatewayStartError
from control.gateway.settings import GatewaySettings
from control.gateway.signer import read_signer


def test_variables_have_lists_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_RENDER_RENDERERS", "r1=http://127.0.0.1:8081, r2=http://127.0.0.1:8082/")
    monkeypatch.setenv("EDGE_RENDER_TRUSTED_PROXIES", "10.0.0.0/8,2001:db8::/32")
    settings = GatewaySettings()
    assert [(member.uid, member.url) for member in settings.renderers] == [
        ("r1", "http://127.0.0.1:8081"),
        ("r2", "http://127.0.0.1:8082"),
    ]
    assert settings.trusted_proxies == ("10.0.0.0/8", "2001:db8::/32")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"renderers": "http://127.0.0.1:8081"}, "NAME=http://HOST:PORT"),
        ({"join": "invited"}, "--issuer-secrets"),
        ({"issuer_secrets": "short"}, "16 characters"),
        ({"turn_urls": "turn:a:1"}, "--turn-secret"),
        ({"turn_urls": "http://a"}, "turn:HOST:PORT"),
        ({"ice_transport_policy": "relay"}, "--turn-urls"),
        ({"trusted_proxies": "everybody"}, "everybody"),
        ({"fleet_name": "a~b"}, "pattern"),
    ],
)
def test_what_does_not_fit_is_told(options: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        GatewaySettings(**options)  # type: ignore[arg-type]


def test_secrets_are_not_shown() -> None:
    settings = GatewaySettings(issuer_secrets="topsecrettopsecret", turn_secret="moresecretmoresecret")
    assert "secretmore" not in repr(settings)
    assert "secrettop" not in repr(settings)


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}", '{"kty":"oct","k":"AAAA"}', "[" * 5000, '{"keys":[]}'])
def test_a_key_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "private.jwk"
    file.write_text(text)
    with pytest.raises(GatewayStartError, match="gateway-keys"):
        read_signer(file)


def test_a_key_can_be_exchanged_for_another(tmp_path: Path) -> None:
    old, new = new_signing_key(), new_signing_key()
    file = tmp_path / "keys.jwks"
    file.write_text(json.dumps({"keys": [new.as_dict(private=True), old.as_dict(private=False)]}))
    signer = read_signer(file)
    assert signer.key.kid == new.kid
    token = JoinToken(visitor="v", guard="r1")
    for key in (old, new):
        assert JoinToken.read(token.sign(key, 0.0), signer.keys, 0.0).jti == token.jti


def test_a_key_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(GatewayStartError, match="No such file"):
        read_signer(tmp_path / "nothing")

"""The gateways' keys are exchanged while a renderer runs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from control.errors import StartError
from control.fleet.tokens import new_signing_key
from control.node.gateway_keys import GatewayKeys
from tests.control.node.gateway_side import write_keys


def kids(keys: GatewayKeys) -> set[str | None]:
    return {key.kid for key in keys.current().keys}


def test_keys_are_read_again_when_the_file_is_exchanged(tmp_path: Path) -> None:
    old, new = new_signing_key(), new_signing_key()
    keys = GatewayKeys(write_keys(tmp_path / "keys", [old]))
    assert kids(keys) == {old.kid}
    write_keys(tmp_path / "next", [old, new])
    os.replace(tmp_path / "next", tmp_path / "keys")
    assert kids(keys) == {old.kid, new.kid}


def test_the_last_good_keys_stay_where_the_file_is_broken_or_gone(tmp_path: Path) -> None:
    key, later = new_signing_key(), new_signing_key()
    keys = GatewayKeys(write_keys(tmp_path / "keys", [key]))
    (tmp_path / "keys").write_text("half a fi", encoding="utf-8")
    assert kids(keys) == {key.kid}
    (tmp_path / "keys").unlink()
    assert kids(keys) == {key.kid}
    write_keys(tmp_path / "keys", [later])
    assert kids(keys) == {later.kid}


def test_a_key_without_a_name_gets_the_one_that_gateways_sign_with(tmp_path: Path) -> None:
    key = new_signing_key()
    nameless = {name: value for name, value in key.as_dict(private=False).items() if name != "kid"}
    (tmp_path / "keys").write_text(json.dumps({"keys": [nameless]}), encoding="utf-8")
    assert kids(GatewayKeys(tmp_path / "keys")) == {key.kid}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a JWK set"),
        ("[]", "a JWK set"),
        ('{"keys": [{"kty": "oct", "k": "AAAA"}]}', "a JWK set"),
        ('{"keys": []}', "has no key"),
        (json.dumps({"keys": [new_signing_key().as_dict(private=True)]}), "only gateways may have that"),
    ],
)
def test_a_file_that_can_not_be_used_is_told_at_start(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "keys").write_text(text, encoding="utf-8")
    with pytest.raises(StartError, match=says):
        GatewayKeys(tmp_path / "keys")


def test_a_file_that_is_not_there_is_told_at_start(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="No such file"):
        GatewayKeys(tmp_path / "keys")

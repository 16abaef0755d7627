"""The key by which a gateway signs: read once, and handed to those who sign and who check."""

from __future__ import annotations

import json
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from control.gateway.errors import GatewayStartError

_FILE_MAX_BYTES = 16_384


class Signer:
    """Its ``key`` signs; ``keys`` are those whose signatures are believed, that one among them."""

    def __init__(self, key: OKPKey, *others: OKPKey) -> None:
        self.key = key
        self.keys = KeySet([key, *others])


def read_signer(path: Path | None) -> Signer:
    """A JWK, or a JWK set whose first key signs. Raises GatewayStartError."""
    if path is None:
        raise GatewayStartError(
            "give --signing-key FILE, by which tokens are signed; `edge-render gateway-keys --folder DIR` makes one"
        )
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(_FILE_MAX_BYTES))
        keys = [OKPKey.import_key(each) for each in content.get("keys", [content])]
        usable = bool(keys) and keys[0].is_private and all(key.curve_name == "Ed25519" for key in keys)
    except OSError as error:
        raise GatewayStartError(f"--signing-key {path} can't be read: {error.strerror}") from error
    except (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise GatewayStartError(f"--signing-key {path} is no JWK: `edge-render gateway-keys` makes one") from error
    if not usable:
        raise GatewayStartError(
            f"--signing-key {path} must have a private Ed25519 key, as the `private.jwk` of `edge-render gateway-keys`"
        )
    for key in keys:
        key.ensure_kid()
    return Signer(*keys)

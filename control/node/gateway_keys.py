"""The public keys of the gateways, from a file that is read again when it has changed: so keys are rotated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeAlias

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from control.errors import StartError

log = structlog.get_logger(__name__)

_Stamp: TypeAlias = tuple[int, int, int] | None
"""Tells versions of a file apart; None: it is not there."""


class GatewayKeys:
    """A JWK set (RFC 7517) of Ed25519 keys. Where it can't be used any more, the last good keys stay."""

    def __init__(self, path: Path) -> None:
        """Raises StartError where it can't be used."""
        self._path = path
        self._stamp = _stamp(path)
        self._keys = read_keys(path)

    def current(self) -> KeySet:
        """The keys of now; asks the file system, and reads only what has changed."""
        stamp = _stamp(self._path)
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._keys = read_keys(self._path)
            except StartError as error:
                log.error("gateway_keys_unusable", error=str(error), consequence="the keys of before are used on")
            else:
                log.info("gateway_keys_read", keys=[key.kid for key in self._keys.keys])
        return self._keys


def read_keys(path: Path) -> KeySet:
    """Raises StartError with what to change."""
    try:
        listed = json.loads(path.read_text("utf-8"))["keys"]
        keys = [OKPKey.import_key(one) for one in listed]
    except OSError as error:
        raise StartError(f"--gateway-keys {path}: {error.strerror}") from error
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise StartError(f"--gateway-keys {path}: has to be a JWK set of Ed25519 keys, as gateways make it") from error
    if not keys:
        raise StartError(f"--gateway-keys {path}: has no key: nobody could come in")
    for key in keys:
        if key.is_private:
            raise StartError(f"--gateway-keys {path}: has a private key: only gateways may have that")
        key.ensure_kid()
    return KeySet(list(keys))


def _stamp(path: Path) -> _Stamp:
    try:
        stat = path.stat()  # of what a link leads to: Kubernetes exchanges a Secret's files by one
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size

"""Addresses of live sources: which are allowed, and what of them may be told. Pure."""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult, urlsplit

SCHEMES: Final = ("rtsp", "rtsps", "rtmp", "rtmps", "srt", "http", "https")
"""``http`` and ``https`` are for HLS. Everything else that libav knows reads local files or joins other addresses."""
ADDRESS_MAX_CHARS: Final = 2000


def is_address(source: str) -> bool:
    """Whether a source is meant as an address; else it is a file of the package."""
    return ":" in source


def check_address(address: str) -> str:
    """The same address. Raises ValueError, which tells what is wrong without telling passwords."""
    if len(address) > ADDRESS_MAX_CHARS:
        raise ValueError(f"an address has at most {ADDRESS_MAX_CHARS} characters")
    if any(character.isspace() or not character.isprintable() for character in address):
        raise ValueError("an address has no spaces or control characters")
    parts = _parts(address)
    if parts.scheme not in SCHEMES:
        raise ValueError(f"an address begins with one of {', '.join(f'{scheme}://' for scheme in SCHEMES)}")
    if not parts.hostname:
        raise ValueError("an address names a host")
    return address


def shown(address: str) -> str:
    """An address as logs and messages may show it: without user name, password and query, where tokens are."""
    parts = _parts(address)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port is not None else ""
    return f"{parts.scheme}://{host}{port}{parts.path}"


def _parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        raise ValueError("is no address") from error
    return parts

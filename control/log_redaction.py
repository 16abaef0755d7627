"""Keeps secrets out of log lines: by the name that they are logged under, and by how they look."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any, Final

HIDDEN: Final = "(hidden)"

_SECRET_NAME: Final = re.compile(
    r"password|passwd|secret|authorization|cookie|credential|private_key|access_key|csrf|verifier|nonce"
    r"|(^|_)token$|^code$",
    re.IGNORECASE,
)
_SECRET_LOOKS: Final = (
    # API tokens (ert_) and sites' tokens (ers_); JSON Web Tokens; hashes of passwords.
    re.compile(r"\ber[ts]_[\w-]{16,}"),
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"),
    re.compile(r"\$argon2\w+\$[^\s\"']+"),
    # In headers, in the passwords of addresses, and in queries.
    re.compile(r"(?<=\bBearer )[^\s\"',]+", re.IGNORECASE),
    re.compile(r"(?<=\bBasic )[\w+/=]{8,}", re.IGNORECASE),
    re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"),
    re.compile(
        r"(?<=[?&])((?:access_|id_|csrf_)?token|code|code_verifier|nonce|state|client_secret|password)=[^&\s\"'#]+"
    ),
    re.compile(r"(?:__Host-)?edge_render_(?:session|sign_on)=[^;\s\"']+"),
)
_DEPTH_MAX: Final = 8


def redact_event(_logger: object, _method: str, event: Any) -> Any:
    """A structlog processor: the event without its secrets."""
    return {name: _redacted(name, value, 0) for name, value in event.items()}


def redact_text(text: str) -> str:
    """A text without what looks like a secret."""
    for look in _SECRET_LOOKS:
        text = look.sub(HIDDEN, text)
    return text


class RedactingFormatter(logging.Formatter):
    """For what libraries log."""

    def format(self, record: logging.LogRecord) -> str:
        return redact_text(super().format(record))


def _redacted(name: str, value: object, depth: int) -> object:
    if _SECRET_NAME.search(name) and value is not None and not isinstance(value, bool | int | float):
        return HIDDEN
    if depth >= _DEPTH_MAX:
        return HIDDEN
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, bytes):
        return redact_text(value.decode(errors="replace"))
    if isinstance(value, Mapping):
        return {key: _redacted(str(key), item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(name, item, depth + 1) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return value if redact_text(told := str(value)) == told else redact_text(told)

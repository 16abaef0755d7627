"""Parses JSON of others within limits (RFC 8259): that of models, and of showrooms."""

from __future__ import annotations

import codecs
import json
import re
from typing import Any, Final, NoReturn

from edge_render.findings import FindingLog, printable

JSON_MAX_OBJECTS: Final = 250_000
JSON_MAX_VALUES: Final = 2_000_000

_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_EXACT_INTEGERS: Final = 2**53


def parse_json(data: bytes, log: FindingLog) -> dict[str, Any] | None:
    """The object that the text is. None where an error was logged.

    A number like 3.0 becomes the integer that it is.
    """
    if data.startswith(codecs.BOM_UTF8):
        log.defect("", "begins with a byte order mark, which is left out", "INVALID_JSON")
        data = data[len(codecs.BOM_UTF8) :]
    # What is counted is in no base64 text; so long inline data is not what makes a file too complex.
    objects, values = data.count(b"{"), data.count(b",") + data.count(b"[")
    if objects > JSON_MAX_OBJECTS or values > JSON_MAX_VALUES:
        log.error("", f"its JSON has {objects} objects and {values} values, too many to read", "JSON_TOO_COMPLEX")
        return None
    try:
        tree = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=lambda pairs: _object(pairs, log),
            parse_float=_number,
            parse_constant=_refuse_constant,
        )
        if _SURROGATE.search(data):
            json.dumps(tree, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError as error:
        log.error("", f"its JSON is not UTF-8: byte {error.start}", "INVALID_JSON")
    except UnicodeEncodeError:
        log.error("", "its JSON has a text with half of a surrogate pair", "INVALID_JSON")
    except RecursionError:
        log.error("", "its JSON is nested too deep", "JSON_TOO_COMPLEX")
    except ValueError as error:
        log.error("", f"its JSON can't be read: {error}", "INVALID_JSON")
    else:
        if isinstance(tree, dict):
            return tree
        log.error("", "its JSON is no object", "TYPE_MISMATCH")
    return None


def _object(pairs: list[tuple[str, Any]], log: FindingLog) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                message = f"its JSON says '{printable(key)}' twice of one object; the last counts"
                log.defect("", message, "DUPLICATE_KEY")
            seen.add(key)
    return found


def _number(text: str) -> float | int:
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < _EXACT_INTEGERS else value


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number in JSON")

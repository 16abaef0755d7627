"""Which bytes a request wants: ``Range`` (RFC 9110, section 14.2), of one range."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes[ \t]*=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """From ``start`` until before ``end``; not empty."""

    start: int
    end: int

    def content_range(self, size: int) -> str:
        """The header (section 14.4)."""
        return f"bytes {self.start}-{self.end - 1}/{size}"


class NotSatisfiable(Exception):
    """None of the bytes that are wanted are there."""


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """What is wanted of ``size`` bytes. None: all of it, as also where the header can't be understood or names several
    ranges, which a server may ignore. Raises NotSatisfiable."""
    found = _ONE_RANGE.fullmatch(header) if header is not None else None
    if found is None or found[1] == found[2] == "":
        return None
    if found[1] == "":
        suffix = int(found[2])
        if suffix == 0 or size == 0:
            raise NotSatisfiable
        return ByteRange(max(size - suffix, 0), size)
    start = int(found[1])
    last = int(found[2]) if found[2] else size - 1
    if found[2] and last < start:
        return None
    if start >= size:
        raise NotSatisfiable
    return ByteRange(start, min(last + 1, size))

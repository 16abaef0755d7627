"""The names and numbers that releases, orders and their messages are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

SLUG_PATTERN: Final = r"^[a-z0-9][a-z0-9-]{0,62}$"
Slug = Annotated[str, Field(pattern=SLUG_PATTERN)]
"""Names a showroom or a site: it stands in addresses and in folder names."""

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of a blob's bytes, in lower-case hexadecimal."""

# strict: true and "1" are no numbers, though Pydantic would take them for 1.
SERIAL_MAX: Final = 2**53
UNIX_SECONDS_MAX: Final = 2**40
SizeBytes = Annotated[int, Field(strict=True, ge=0, le=2**46)]
Serial = Annotated[int, Field(strict=True, ge=0, le=SERIAL_MAX)]
"""Of orders and key rings: grows with each change, so that an old one is never taken for a new one."""

UnixSeconds = Annotated[float, Field(strict=True, ge=0.0, le=UNIX_SECONDS_MAX, allow_inf_nan=False)]
VersionNumber = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]

EdgeClass: TypeAlias = Literal["software", "small-gpu", "big-gpu"]
"""How strong a site's nodes are: what a scene may cost there."""

PATH_MAX_CHARS: Final = 255
_NAME_MAX_BYTES: Final = 255
_RESERVED: Final = frozenset(
    ["con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))]
)


def check_release_path(path: str) -> str:
    """A file's path in a release: relative, with / between, of names that every file system can hold. Raises
    ValueError."""
    parts = path.split("/")
    if not path or any(part in ("", ".", "..") for part in parts) or "\\" in path or PurePosixPath(path).is_absolute():
        raise ValueError("must be a relative path inside the package, with / between its parts")
    for part in parts:
        if any(ord(char) < 32 or char in '<>:"|?*\x7f' for char in part) or part[-1] in " .":
            raise ValueError(f"has a name that not every file system can hold: {part!r}")
        if len(part.encode()) > _NAME_MAX_BYTES:
            raise ValueError(f"has a name of more than {_NAME_MAX_BYTES} bytes in UTF-8: {part[:40]!r}")
        if part.partition(".")[0].lower() in _RESERVED:
            raise ValueError(f"has a name that some systems reserve: {part!r}")
    return path


def check_paths_differ(paths: Iterable[str]) -> None:
    """That files with these paths can be in one folder, also where a file system ignores case. Raises ValueError."""
    counts = Counter(path.casefold() for path in paths)
    twice = next((path for path, count in counts.items() if count > 1), None)
    if twice is not None:
        raise ValueError(f"two files have the path {twice!r}, on a file system that ignores case")
    for path in counts:
        folder = next((above for above in folders_above(path) if above in counts), None)
        if folder is not None:
            raise ValueError(f"{folder!r} is both a file and a folder")


def folders_above(path: str) -> Iterator[str]:
    """Of a path in a release, the outermost first: of ``a/b/c``, these are ``a`` and ``a/b``."""
    parts = path.split("/")
    return ("/".join(parts[:end]) for end in range(1, len(parts)))


ReleasePath = Annotated[str, Field(min_length=1, max_length=PATH_MAX_CHARS), AfterValidator(check_release_path)]


def check_text(text: str) -> str:
    """A text that every database can hold. Raises ValueError."""
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("has a character that can't be kept (NUL, or half of a surrogate pair)")
    return text


PlainText = Annotated[str, AfterValidator(check_text)]


class Record(BaseModel):
    """Base of what is signed, sent or kept: immutable, and an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Title(Record):
    """A title in both languages."""

    en: Annotated[PlainText, Field(min_length=1, max_length=200)]
    zh: Annotated[PlainText, Field(min_length=1, max_length=200)]

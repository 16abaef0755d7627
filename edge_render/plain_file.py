"""Reads whole files of others, within limits."""

from __future__ import annotations

import stat
from pathlib import Path


class UnreadableFileError(Exception):
    """A file is missing, is no plain file, or is too large; the message says which."""


def read_plain_file(path: Path, max_bytes: int) -> bytes:
    """The bytes of a file. Raises UnreadableFileError.

    A device or a pipe is not opened: reading one may never end.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFileError("is no plain file")
        if status.st_size > max_bytes:
            raise UnreadableFileError(f"has {status.st_size} bytes, more than the {max_bytes} that are allowed")
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        # ValueError: a name with a null byte.
        raise UnreadableFileError(f"can't be read: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > max_bytes:
        raise UnreadableFileError(f"has more than the {max_bytes} bytes that are allowed")
    return data

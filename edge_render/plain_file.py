"""Reads whole files of others, within limits."""

from __future__ import annotations

import os
import stat
from pathlib import Path


class UnreadableFileError(Exception):
    """A file is missing, is no plain file, or is too large; the message says which."""


def read_plain_file(path: Path, max_bytes: int) -> bytes:
    """The bytes of a file. Raises UnreadableFileError.

    A device or a pipe is not read: that may never end.
    """
    try:
        # Opening a pipe would wait for whoever writes to it; what is opened is what is looked at, whatever it becomes.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableFileError("is no plain file")
            if status.st_size > max_bytes:
                raise UnreadableFileError(f"has {status.st_size} bytes, more than the {max_bytes} that are allowed")
            data = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        # ValueError: a name with a null byte.
        raise UnreadableFileError(f"can't be read: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > max_bytes:
        raise UnreadableFileError(f"has more than the {max_bytes} bytes that are allowed")
    return data

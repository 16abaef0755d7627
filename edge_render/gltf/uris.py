"""What a model's URIs name: inline data, or a file in the folder of the model (glTF 2.0, section 2.8). Nothing else is
opened: no other folder, no network."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

from edge_render.findings import printable
from edge_render.gltf.limits import FILE_MAX_BYTES
from edge_render.plain_file import UnreadableFileError, read_plain_file


class UriError(Exception):
    """A URI gives no bytes; the message says why. ``code`` is as in Finding."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Resource:
    """What a URI gave. ``media_type`` is what inline data says that it is; None for files."""

    data: bytes
    media_type: str | None


def is_remote(uri: str) -> bool:
    """It has a scheme and a host, like http://host/path: allowed by glTF, never fetched."""
    scheme, colon, rest = uri.partition("://")
    return bool(colon and rest and scheme and scheme.isascii() and scheme.replace("+", "").isalnum())


def resource_path(folder: Path, uri: str) -> Path:
    """The file in ``folder`` that a relative URI names. Raises UriError."""
    relative = unquote(uri)
    if is_remote(uri):
        raise UriError(f"'{printable(uri)}' is not a relative path; nothing is fetched", "NON_RELATIVE_URI")
    if ":" in relative or "\\" in relative or relative.startswith("/") or not relative.strip():
        raise UriError(f"'{printable(uri)}' is not a relative path", "INVALID_URI")
    try:
        file = (folder / relative).resolve()
        inside = file.is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError) as error:
        # A null byte, a name too long, links in a circle.
        raise UriError(f"'{printable(uri)}' is no path: {error}", "INVALID_URI") from error
    if not inside:
        raise UriError(f"'{printable(uri)}' leads out of the folder of the model", "URI_OUTSIDE_FOLDER")
    return file


def read_uri(folder: Path, uri: str) -> Resource:
    """The bytes behind a URI. Raises UriError."""
    if uri.startswith("data:"):
        return _inline(uri)
    file = resource_path(folder, uri)
    try:
        return Resource(read_plain_file(file, FILE_MAX_BYTES), None)
    except UnreadableFileError as error:
        raise UriError(f"'{printable(uri)}' {error}", "IO_ERROR") from error


def _inline(uri: str) -> Resource:
    header, comma, payload = uri.partition(",")
    media_type, *parameters = header.removeprefix("data:").split(";")
    if not comma or "" in parameters:
        raise UriError("inline data must be data:TYPE;base64,DATA", "INVALID_URI")
    if "base64" not in parameters[-1:]:
        return Resource(unquote_to_bytes(payload), media_type)
    try:
        return Resource(base64.b64decode(unquote(payload) if "%" in payload else payload, validate=True), media_type)
    except (binascii.Error, ValueError) as error:
        raise UriError(f"its inline data is not base64: {error}", "INVALID_URI") from error

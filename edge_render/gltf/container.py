"""What a model's file is made of: a JSON text, and in a GLB container also a chunk of bytes (glTF 2.0, section 4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from edge_render.findings import FindingLog
from edge_render.gltf.limits import FILE_MAX_BYTES
from edge_render.plain_file import UnreadableFileError, read_plain_file

_MAGIC, _JSON, _BIN = b"glTF", 0x4E4F534A, 0x004E4942
_HEADER_BYTES, _CHUNK_HEADER_BYTES = 12, 8
_VERSION_1_HEADER_BYTES = 20


@dataclass(frozen=True, slots=True)
class Container:
    """``blob`` is None where there is no binary chunk; ``is_glb`` is False for a plain .gltf."""

    text: bytes
    blob: memoryview | None
    is_glb: bool


def read_container(path: Path, log: FindingLog) -> Container | None:
    """Read a .glb or .gltf file. None where an error was logged."""
    try:
        data = read_plain_file(path, FILE_MAX_BYTES)
    except UnreadableFileError as error:
        log.error("", str(error), "IO_ERROR")
        return None
    if len(data) >= _VERSION_1_HEADER_BYTES and data[:8] == _MAGIC + struct.pack("<I", 1):
        return _read_version_1(memoryview(data), log)
    if data[:4] == _MAGIC or path.suffix.lower() == ".glb":
        return _read_glb(memoryview(data), log)
    return Container(data, None, is_glb=False)


def _read_glb(data: memoryview, log: FindingLog) -> Container | None:
    length = _read_header(data, log)
    if length is None:
        return None
    chunks = _read_chunks(data[:length], log)
    if chunks is None:
        return None
    if not chunks or chunks[0][0] != _JSON:
        log.error("", "the first chunk is not JSON", "GLB_UNEXPECTED_FIRST_CHUNK")
        return None
    if not len(chunks[0][1]):
        log.error("chunk 0", "the JSON chunk is empty", "GLB_EMPTY_CHUNK")
    blob = None
    for number, (kind, content) in enumerate(chunks[1:], start=1):
        if kind == _JSON or (kind == _BIN and blob is not None):
            name = "JSON" if kind == _JSON else "binary"
            log.error(f"chunk {number}", f"is a second {name} chunk: which one is meant?", "GLB_DUPLICATE_CHUNK")
        elif kind == _BIN:
            blob = content
            if number != 1:
                log.defect(f"chunk {number}", "the binary chunk must be the second", "GLB_UNEXPECTED_BIN_CHUNK")
        else:
            log.warning(f"chunk {number}", f"is of an unknown type, {kind:#010x}", "GLB_UNKNOWN_CHUNK_TYPE")
    return None if log.refused else Container(bytes(chunks[0][1]), blob, is_glb=True)


def _read_version_1(data: memoryview, log: FindingLog) -> Container | None:
    """KHR_binary_glTF, the container of glTF 1.0: a JSON text, and all that follows it is the buffer."""
    length, text_bytes, text_format = struct.unpack_from("<III", data, 8)
    end = _VERSION_1_HEADER_BYTES + text_bytes
    if length > len(data) or end > length:
        message = f"the header says {max(length, end)} bytes, but the file has {len(data)}: is it truncated?"
        log.error("", message, "GLB_LENGTH_MISMATCH")
        return None
    if text_format != 0:
        log.error("", f"its text is of format {text_format}; only JSON (0) is known", "GLB_UNEXPECTED_FIRST_CHUNK")
        return None
    return Container(bytes(data[_VERSION_1_HEADER_BYTES:end]), data[end:length], is_glb=True)


def _read_header(data: memoryview, log: FindingLog) -> int | None:
    """How many bytes belong to the container."""
    if len(data) < _HEADER_BYTES:
        log.error("", f"only {len(data)} bytes, too few for a GLB header", "GLB_UNEXPECTED_END_OF_HEADER")
        return None
    if data[:4] != _MAGIC:
        log.error("", "does not begin with glTF, so it is no GLB file", "GLB_INVALID_MAGIC")
        return None
    version, length = struct.unpack_from("<II", data, 4)
    if version != 2:
        message = f"GLB version {version}; only version 2 is supported: convert it to glTF 2.0"
        log.error("", message, "GLB_INVALID_VERSION")
    elif length < _HEADER_BYTES + _CHUNK_HEADER_BYTES:
        log.error("", f"the header says {length} bytes, too few for a chunk", "GLB_LENGTH_TOO_SMALL")
    elif length > len(data):
        message = f"the header says {length} bytes, but the file has {len(data)}: is it truncated?"
        log.error("", message, "GLB_LENGTH_MISMATCH")
    else:
        if length < len(data):
            log.warning("", f"{len(data) - length} bytes after its end are left out", "GLB_EXTRA_DATA")
        return int(length)
    return None


def _read_chunks(data: memoryview, log: FindingLog) -> list[tuple[int, memoryview]] | None:
    """(type, content) of each chunk."""
    chunks: list[tuple[int, memoryview]] = []
    at = _HEADER_BYTES
    while at < len(data):
        place = f"chunk {len(chunks)}"
        if len(data) - at < _CHUNK_HEADER_BYTES:
            log.error(place, "its header is cut off", "GLB_UNEXPECTED_END_OF_CHUNK_HEADER")
            return None
        size, kind = struct.unpack_from("<II", data, at)
        at += _CHUNK_HEADER_BYTES
        if size > len(data) - at:
            log.error(place, f"{size} bytes reach past the end of the file", "GLB_CHUNK_TOO_BIG")
            return None
        if size % 4:
            log.defect(place, f"{size} bytes are no multiple of 4; read as they are", "GLB_CHUNK_LENGTH_UNALIGNED")
        chunks.append((kind, data[at : at + size]))
        at += size
    return chunks

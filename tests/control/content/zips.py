"""Makes archives as programs make them, and as attackers do."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

MANIFEST = ("showroom.json", b"{}")


def entry(name: str, *, mode: int = 0, flags: int = 0, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    """An entry's head. ``mode`` is that of a Unix file, with its kind."""
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.flag_bits = flags
    info.compress_type = method
    return info


def make_zip(path: Path, *files: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    """A zip with these files, in that order."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return path


def rename_raw(path: Path, name: str, raw: bytes) -> Path:
    """Replace a name, everywhere in the archive, by bytes of the same length, and drop the mark for UTF-8."""
    assert len(name.encode()) == len(raw)
    data = path.read_bytes().replace(name.encode(), raw)
    path.write_bytes(data)
    return path


def patch_directory(path: Path, index: int, **fields: int) -> Path:
    """Change fields of an entry in the list at the archive's end (APPNOTE.TXT, 4.3.12): what the archive says of it."""
    places = {
        "flag_bits": (8, "<H"),
        "compress_type": (10, "<H"),
        "crc": (16, "<I"),
        "compress_size": (20, "<I"),
        "file_size": (24, "<I"),
        "header_offset": (42, "<I"),
    }
    data = bytearray(path.read_bytes())
    start = -1
    for _ in range(index + 1):
        start = data.index(b"PK\x01\x02", start + 1)
    for field, value in fields.items():
        offset, form = places[field]
        struct.pack_into(form, data, start + offset, value)
    path.write_bytes(data)
    return path

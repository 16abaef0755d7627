"""What of an archive is unpacked where: decided by its list of entries alone, before anything is read or written."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from control.content.errors import ArchiveRefused, PackageRefused
from control.content.names import check_paths_differ
from control.content.package_files import checked_path, printable
from control.content.release import FILES_MAX, MANIFEST_PATH

_LOCAL_HEADER_BYTES: Final = 30
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000
"""Flags of an entry (APPNOTE.TXT, 4.4.4): encrypted, strongly, and with its name."""
_UTF_8_NAME: Final = 0x800
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The others inflate without a bound on what one step gives."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What an archive may hold. A ratio alone would refuse small packages of white pictures, so it begins late."""

    package_max_bytes: int
    ratio_max: int = 200
    ratio_from_bytes: int = 256 * 1024 * 1024

    def inflated_max_bytes(self, archive_bytes: int) -> int:
        """Of all files together, of an archive of that size."""
        return min(self.package_max_bytes, max(self.ratio_from_bytes, self.ratio_max * archive_bytes))


@dataclass(frozen=True, slots=True)
class PlannedEntry:
    """A file of an archive, and its path in the package."""

    path: str
    info: zipfile.ZipInfo

    @property
    def size_bytes(self) -> int:
        """As the archive says."""
        return self.info.file_size


def plan(infos: Sequence[zipfile.ZipInfo], directory_offset: int, limits: ArchiveLimits) -> tuple[PlannedEntry, ...]:
    """The files that are the package, by path. ``directory_offset`` is where the archive's files end.

    Hidden files, folders and what macOS adds are passed over. Raises ArchiveRefused for all that does not belong into a
    package: paths out of it, links, devices, encryption, bombs, two files of one path.
    """
    _check_overlaps(infos, directory_offset)
    files = [(name, info) for info in infos if not _is_passed_over(name := _name(info), info)]
    for name, info in files:
        _check_kind(name, info)
    top = _top(name for name, _ in files)
    planned = tuple(
        sorted((PlannedEntry(_path(name, top), info) for name, info in files), key=lambda entry: entry.path)
    )
    if len(planned) > FILES_MAX:
        raise ArchiveRefused(f"has {len(planned)} files, more than the {FILES_MAX} that a release may have")
    _check_sizes(planned, limits)
    try:
        check_paths_differ(entry.path for entry in planned)
    except ValueError as error:
        raise ArchiveRefused(str(error)) from error
    return planned


def _name(info: zipfile.ZipInfo) -> str:
    """The entry's whole name. Without a mark it is UTF-8, as of macOS, or GB 18030, as of Chinese Windows; zipfile has
    read it as code page 437."""
    if info.flag_bits & _UTF_8_NAME:
        return info.orig_filename
    raw = info.orig_filename.encode("cp437")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ArchiveRefused(f"{printable(info.orig_filename)}: its name is in an unknown encoding: pack with UTF-8 names")


def _is_passed_over(name: str, info: zipfile.ZipInfo) -> bool:
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or name.startswith("/"):
        raise ArchiveRefused(f"{printable(name)}: leads out of the archive's folder")
    if parts[0] == "__MACOSX" or any(part.startswith(".") and part != "." for part in parts):
        return True
    return name.endswith("/") and info.file_size == 0


def _check_kind(name: str, info: zipfile.ZipInfo) -> None:
    told = printable(name)
    mode = stat.S_IFMT(info.external_attr >> 16)
    if stat.S_ISLNK(mode):
        raise ArchiveRefused(f"{told}: is a link: pack the file itself")
    # Systems without such modes leave 0 there, or whatever they like that is no kind of file.
    if mode in (stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK):
        raise ArchiveRefused(f"{told}: is no plain file, but a device, a pipe or a socket")
    if name.endswith("/") or mode == stat.S_IFDIR:
        raise ArchiveRefused(f"{told}: is a folder with content")
    if info.flag_bits & _ENCRYPTED:
        raise ArchiveRefused(f"{told}: is encrypted: pack without a password")
    if info.compress_type not in _METHODS:
        raise ArchiveRefused(f"{told}: is compressed in a way that is not read here: pack with Deflate, or without")


def _top(names: Iterable[str]) -> str:
    """What comes before each path of the package: nothing, or the one folder at the archive's top and a slash."""
    listed = set(names)
    if MANIFEST_PATH in listed:
        return ""
    tops = {name.partition("/")[0] for name in listed}
    if len(tops) == 1 and f"{next(iter(tops))}/{MANIFEST_PATH}" in listed:
        return f"{tops.pop()}/"
    raise ArchiveRefused(f"has no {MANIFEST_PATH}, neither at its top nor in the one folder there")


def _path(name: str, top: str) -> str:
    try:
        return checked_path(name.removeprefix(top))
    except PackageRefused as error:
        raise ArchiveRefused(str(error)) from error


def _check_sizes(entries: Sequence[PlannedEntry], limits: ArchiveLimits) -> None:
    size_bytes = sum(entry.size_bytes for entry in entries)
    packed_bytes = sum(entry.info.compress_size for entry in entries)
    if size_bytes > limits.package_max_bytes:
        raise ArchiveRefused(
            f"holds {size_bytes} bytes when it is unpacked, more than the {limits.package_max_bytes} of a package"
        )
    if size_bytes > limits.inflated_max_bytes(packed_bytes):
        largest = max(entries, key=lambda entry: entry.size_bytes)
        raise ArchiveRefused(
            f"{printable(largest.path)}: {packed_bytes} bytes would become {size_bytes}: that is no package, but a bomb"
        )


def _check_overlaps(infos: Sequence[zipfile.ZipInfo], directory_offset: int) -> None:
    """One piece of an archive that is the data of many entries is how small bombs become very large ones."""
    end = directory_offset
    for info in sorted(infos, key=lambda info: info.header_offset, reverse=True):
        if info.header_offset < 0 or info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size > end:
            raise ArchiveRefused(f"{printable(info.orig_filename)}: its data overlaps with what follows it")
        end = info.header_offset

"""What of an archive ends in a folder, and that nothing else ever does."""

from __future__ import annotations

import hashlib
import stat
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from control.content.archive import unpack
from control.content.archive_plan import ArchiveLimits
from control.content.errors import ArchiveRefused, NoRoom
from control.content.package_files import scan_package
from control.content.release import FileEntry, FileList
from tests.control.content.zips import MANIFEST, entry, make_zip, patch_directory, rename_raw

LIMITS = ArchiveLimits(package_max_bytes=8 * 2**20, ratio_from_bytes=2**20)


@pytest.fixture(autouse=True)
def nothing_is_left_behind(tmp_path: Path) -> Iterator[None]:
    """After each test: what was refused is not there, and nothing was written elsewhere."""
    yield
    assert {path.name for path in tmp_path.iterdir()} <= {"upload.zip", "package"}


def unpacked(tmp_path: Path, archive: Path) -> FileList:
    return unpack(archive, tmp_path / "package", LIMITS)


def refused(tmp_path: Path, archive: Path, told: str) -> None:
    with pytest.raises(ArchiveRefused, match=told):
        unpacked(tmp_path, archive)
    assert not (tmp_path / "package").exists()


def test_a_package_is_unpacked_and_its_files_are_named(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "upload.zip", MANIFEST, ("models/hall.glb", b"glTF" * 1000))
    files = unpacked(tmp_path, archive)
    assert files == scan_package(tmp_path / "package")
    assert files.files[0] == FileEntry(
        path="models/hall.glb", digest=hashlib.sha256(b"glTF" * 1000).hexdigest(), size_bytes=4000
    )


def test_progress_is_told_in_bytes(tmp_path: Path) -> None:
    told: list[int] = []
    archive = make_zip(tmp_path / "upload.zip", MANIFEST, ("a.bin", bytes(3_000_000)))
    unpack(archive, tmp_path / "package", ArchiveLimits(package_max_bytes=2**30), told.append)
    assert sum(told) == 3_000_002
    assert len(told) > 2


def test_the_one_folder_at_the_top_is_stripped(tmp_path: Path) -> None:
    archive = make_zip(
        tmp_path / "upload.zip",
        ("branch/", b""),
        ("branch/showroom.json", b"{}"),
        ("branch/a/b.glb", b"glTF"),
        ("__MACOSX/branch/._showroom.json", b"attributes"),
        ("branch/.DS_Store", b"folder view"),
        (".git/config", b"secret"),
    )
    assert [file.path for file in unpacked(tmp_path, archive).files] == ["a/b.glb", "showroom.json"]


@pytest.mark.parametrize("top", ["a/b", ""])
def test_a_manifest_elsewhere_is_no_package(tmp_path: Path, top: str) -> None:
    files = [(f"{top}/showroom.json", b"{}")] if top else [("readme.txt", b"hello")]
    refused(tmp_path, make_zip(tmp_path / "upload.zip", *files), r"no showroom\.json")


def test_two_folders_at_the_top_are_no_package(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "upload.zip", ("one/showroom.json", b"{}"), ("two/showroom.json", b"{}"))
    refused(tmp_path, archive, r"no showroom\.json")


@pytest.mark.parametrize(
    "name",
    ["../evil", "a/../../evil", "/etc/evil", "branch/../../evil", "__MACOSX/../../evil", "..", "a/..", "..\\evil"],
)
def test_paths_out_of_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    refused(tmp_path, make_zip(tmp_path / "upload.zip", MANIFEST, (name, b"evil")), "leads out of the archive's folder")


@pytest.mark.parametrize(
    "name", ["C:/evil", "a\\evil", "\\\\host\\share", "a//b", "con.glb", "a\x01b", "end./x", "./a", "a" * 260]
)
def test_names_that_a_release_can_t_hold_are_refused(tmp_path: Path, name: str) -> None:
    refused(tmp_path, make_zip(tmp_path / "upload.zip", MANIFEST, (name, b"evil")), "rename it")


def test_a_name_that_goes_on_after_a_null_byte_is_refused(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "upload.zip", MANIFEST, ("hall.glb#.exe", b"evil"))
    refused(tmp_path, rename_raw(archive, "hall.glb#.exe", b"hall.glb\0.exe"), r"hall\.glb\?\.exe")


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (stat.S_IFLNK, "link: is a link"),
        (stat.S_IFIFO, "link: is no plain file"),
        (stat.S_IFCHR, "link: is no plain file"),
        (stat.S_IFBLK, "link: is no plain file"),
        (stat.S_IFSOCK, "link: is no plain file"),
    ],
)
def test_links_and_devices_are_refused(tmp_path: Path, kind: int, told: str) -> None:
    archive = make_zip(tmp_path / "upload.zip", MANIFEST, (entry("link", mode=kind | 0o777), b"/etc/passwd"))
    refused(tmp_path, archive, told)


def test_modes_of_plain_files_are_not_taken_over(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "upload.zip", MANIFEST, (entry("tool", mode=stat.S_IFREG | 0o4777), b"#!"))
    unpacked(tmp_path, archive)
    assert stat.S_IMODE((tmp_path / "package" / "tool").stat().st_mode) & 0o7111 == 0


@pytest.mark.parametrize("again", ["showroom.json", "SHOWROOM.JSON", "showroom.json/a"])
def test_two_files_of_one_path_are_refused(tmp_path: Path, again: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # zipfile warns of what is made here on purpose
        archive = make_zip(tmp_path / "upload.zip", MANIFEST, (again, b"other"))
    refused(tmp_path, archive, "ignores case|both a file and a folder")


def test_encrypted_entries_are_refused(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "upload.zip", MANIFEST, ("hall.glb", b"glTF"))
    refused(tmp_path, patch_directory(archive, 1, flag_bits=0x1), r"hall\.glb: is encrypted")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(tmp_path: Path, method: int) -> None:
    archive = make_zip(tmp_path / "upload.zip", MANIFEST, (entry("hall.glb", method=method), bytes(100)))
    refused(tmp_path, archive, r"hall\.glb: is compressed in a way")


def test_a_bomb_that_says_so_is_refused_before_it_is_inflated(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "upload.zip", MANIFEST, ("bomb.bin", bytes(2 * 2**20)))
    refused(tmp_path, archive, r"bomb\.bin: \d+ bytes would become 209715\d: that is no package, but a bomb")
    archive = make_zip(tmp_path / "upload.zip", MANIFEST, ("bomb.bin", bytes(9 * 2**20)))
    refused(tmp_path, archive, "more than the 8388608 of a package")


def test_a_bomb_that_says_that_it_is_small_inflates_no_further_than_it_says(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "upload.zip", MANIFEST, ("bomb.bin", bytes(9 * 2**20)))
    refused(tmp_path, patch_directory(archive, 1, file_size=100), r"bomb\.bin: is damaged: Bad CRC-32")
    written: list[int] = []
    patch_directory(archive, 1, crc=zlib.crc32(bytes(100)))
    unpack(archive, tmp_path / "package", LIMITS, written.append)
    assert sum(written) == 102


def test_a_file_that_is_shorter_than_it_says_is_refused(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "upload.zip", MANIFEST, ("short.bin", b"short"))
    refused(tmp_path, patch_directory(archive, 1, file_size=100), r"short\.bin: is said to have 100 bytes, but has 5")


def test_entries_that_share_their_data_are_refused(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "upload.zip", MANIFEST, ("one.bin", b"1" * 900), ("two.bin", b"2" * 900))
    with zipfile.ZipFile(archive) as opened:
        first = opened.getinfo("one.bin")
    refused(tmp_path, patch_directory(archive, 2, header_offset=first.header_offset), "overlaps with what follows")


def test_a_list_of_entries_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "upload.zip", MANIFEST)
    data = archive.read_bytes()
    end = data.index(b"PK\x05\x06")
    size = 13 * 2**20
    directory = data[data.index(b"PK\x01\x02") : end].ljust(size, b"\0")
    tail = bytearray(data[end:])
    tail[12:16] = size.to_bytes(4, "little")
    archive.write_bytes(data[: data.index(b"PK\x01\x02")] + directory + tail)
    refused(tmp_path, archive, "list of entries is larger")


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    many = [(zipfile.ZipInfo(f"{n}.bin"), b"") for n in range(10_000)]
    refused(tmp_path, make_zip(tmp_path / "upload.zip", MANIFEST, *many), "has 10001 files")


def test_what_the_disk_can_t_hold_is_told_before_anything_is_written(tmp_path: Path) -> None:
    many = [(f"{n}.bin", b"") for n in range(1000)]
    archive = make_zip(tmp_path / "upload.zip", MANIFEST, *many)
    for index in range(1, 1001):
        patch_directory(archive, index, file_size=0xFFFF_FFFE)
    limits = ArchiveLimits(package_max_bytes=2**60, ratio_from_bytes=2**60)
    with pytest.raises(NoRoom, match=r"takes 429496729\d{4} bytes, and the disk has"):
        unpack(archive, tmp_path / "package", limits)


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip" * 100, b"PK\x05\x06" + bytes(18)])
def test_what_is_no_zip_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "upload.zip").write_bytes(content)
    refused(tmp_path, tmp_path / "upload.zip", r"no zip|no showroom\.json")


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "upload.zip", (entry("hall.glb", method=zipfile.ZIP_STORED), b"glTF" * 100), MANIFEST)
    archive.write_bytes(archive.read_bytes().replace(b"glTFglTF", b"glTFgltf", 1))
    refused(tmp_path, archive, r"hall\.glb: is damaged: Bad CRC-32")


@pytest.mark.parametrize("raw", ["网点厅.glb".encode(), "网点厅厅.glb".encode("gb18030")])
def test_chinese_names_are_read_as_macos_and_windows_write_them(tmp_path: Path, raw: bytes) -> None:
    name = "x" * len(raw)
    archive = make_zip(tmp_path / "upload.zip", MANIFEST, (name, b"glTF"))
    paths = [file.path for file in unpacked(tmp_path, rename_raw(archive, name, raw)).files]
    assert paths[1] in ("网点厅.glb", "网点厅厅.glb")


def test_utf_8_names_are_read(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "upload.zip", MANIFEST, ("网点.glb", b"glTF"))
    assert unpacked(tmp_path, archive).files[1].path == "网点.glb"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_zip_with_any_bytes_changed_is_unpacked_or_refused(tmp_path: Path, changes: list[tuple[int, int]]) -> None:
    archive = make_zip(
        tmp_path / "upload.zip", MANIFEST, ("a/b.glb", b"glTF" * 20), (entry("c.bin", method=zipfile.ZIP_STORED), b"c")
    )
    data = bytearray(archive.read_bytes())
    for place, value in changes:
        data[place % len(data)] = value
    archive.write_bytes(data)
    folder = tmp_path / "package"
    try:
        files = unpack(archive, folder, LIMITS)
    except ArchiveRefused:
        assert not folder.exists()
        return
    assert {file.path for file in files.files} == {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    }
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()

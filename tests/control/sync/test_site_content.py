"""The content folder: one process at a time, mended at start, and never more than its budget."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from bench.kills.site_stand_in import SiteStandIn
from control.content.stage import Edition
from control.sync.errors import FolderInUse, FolderUnusable
from control.sync.follow_config import FollowConfig
from control.sync.site_content import open_site_content
from tests.control.sync.conftest import MakeConfig, following
from tests.control.sync.stage_stand_in import StageStandIn, read_folder

HALL = os.urandom(100_000)
ROOM = {"showroom.json": b"{}", "models/hall.glb": HALL}


@pytest.fixture
async def filled(admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig) -> FollowConfig:
    """Of a folder in which two versions were shown, one after the other."""
    config = make_config()
    async with following(config, stage):
        for version in (1, 2):
            admin.order(admin.publish("branch", version, ROOM | {"showroom.json": b"%d" % version}))
            await admin.reported("showing", version=version)
    return config


def opened(config: FollowConfig) -> tuple[Edition, ...]:
    with open_site_content(config) as content:
        return content.first_editions()


def blob_of(config: FollowConfig, data: bytes) -> Path:
    return next(path for path in (config.folder / "blobs").rglob("*") if path.is_file() and path.read_bytes() == data)


def test_a_second_process_is_told_who_has_the_folder(make_config: MakeConfig) -> None:
    config = make_config()
    with (
        open_site_content(config),
        pytest.raises(FolderInUse, match=rf"process {os.getpid()}\): give each node"),
        open_site_content(config),
    ):
        pass
    with open_site_content(config):
        pass


def test_a_process_that_was_killed_holds_no_folder(make_config: MakeConfig) -> None:
    config = make_config()
    program = "import sys, pathlib, os, signal; from control.sync.folder_lock import locked\n"
    program += "with locked(pathlib.Path(sys.argv[1])): os.kill(os.getpid(), signal.SIGKILL)"
    assert subprocess.run([sys.executable, "-c", program, str(config.folder)]).returncode < 0
    with open_site_content(config):
        pass


def test_a_folder_that_can_not_be_made_is_told(make_config: MakeConfig, tmp_path: Path) -> None:
    (tmp_path / "content").write_text("a file in its place")
    with pytest.raises(FolderUnusable, match="content can't be used"), open_site_content(make_config()):
        pass


def test_on_a_disk_that_takes_no_byte_more_what_was_shown_is_there(filled: FollowConfig) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with open_site_content(filled) as content:
            found = [edition.version for edition in content.first_editions()]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert found == [2]


def test_what_was_not_finished_is_removed(filled: FollowConfig) -> None:
    left = [filled.folder / name for name in (".tmp-state.json", "releases/.tmp-x.json", "editions/.tmp-x/a/b.glb")]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    assert [edition.version for edition in opened(filled)] == [2]
    assert not any(path.exists() for path in left)


def test_blobs_are_read_only_and_take_their_room_once(filled: FollowConfig) -> None:
    blob = blob_of(filled, HALL).stat()
    assert blob.st_mode & 0o777 == 0o444
    assert blob.st_nlink == 3, "the blob and a file in each of two editions"


@pytest.mark.parametrize("harm", ["other bytes", "fewer bytes", "gone", "other bytes at the same time"])
def test_a_damaged_blob_is_found_and_the_version_before_is_shown(filled: FollowConfig, harm: str) -> None:
    blob = blob_of(filled, b"2")
    before = blob.stat()
    if harm == "gone":
        blob.unlink()
    else:
        blob.chmod(0o644)
        blob.write_bytes(b"" if harm == "fewer bytes" else b"X")
    config = filled
    if harm == "other bytes at the same time":
        os.utime(blob, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert [edition.version for edition in opened(config)] == [2], "only who reads it can tell"
        config = FollowConfig(**{name: getattr(filled, name) for name in FollowConfig.__slots__} | {"read_all": True})
    assert [edition.version for edition in opened(config)] == [1]
    assert not blob.exists()


def test_a_file_that_was_only_touched_is_read_and_kept(filled: FollowConfig) -> None:
    blob = blob_of(filled, HALL)
    blob.touch()
    assert [edition.version for edition in opened(filled)] == [2]
    assert blob.exists()


@pytest.mark.parametrize("harm", ["gone", "replaced"])
def test_a_damaged_edition_is_laid_out_anew(filled: FollowConfig, harm: str) -> None:
    (edition,) = opened(filled)
    file = edition.folder / "models" / "hall.glb"
    file.unlink()
    if harm == "replaced":
        file.write_bytes(HALL[::-1])
    assert read_folder(opened(filled)[0].folder) == ROOM | {"showroom.json": b"2"}


async def test_what_was_damaged_is_fetched_again(filled: FollowConfig, admin: SiteStandIn) -> None:
    blob_of(filled, b"2").unlink()
    admin.asked.clear()
    stage = StageStandIn()
    async with following(filled, stage):
        await stage.news.when(lambda: len(stage.shown) == 2)
    assert stage.shown == [(("branch", 1),), (("branch", 2),)]
    assert admin.blob_bytes() == 1


def test_a_state_that_can_not_be_read_is_put_aside(filled: FollowConfig) -> None:
    (filled.folder / "state.json").write_bytes(b'{"format": 1, "si')
    assert opened(filled) == ()
    assert (filled.folder / "state.json.broken").exists()


def test_a_folder_of_another_site_shows_nothing(filled: FollowConfig) -> None:
    other = FollowConfig(**{name: getattr(filled, name) for name in FollowConfig.__slots__} | {"site": "elsewhere"})
    assert opened(other) == ()


def test_without_trust_in_its_key_nothing_is_shown(filled: FollowConfig, admin: SiteStandIn) -> None:
    stranger = SiteStandIn().key.public
    other = FollowConfig(
        **{name: getattr(filled, name) for name in FollowConfig.__slots__} | {"trusted_keys": (stranger,)}
    )
    assert opened(other) == ()


def test_a_smaller_budget_lets_go_of_what_is_not_needed(filled: FollowConfig) -> None:
    orphan = filled.folder / "partial" / ("0" * 64)
    orphan.write_bytes(b"what nobody orders any more")
    with open_site_content(filled) as content:
        content.make_room((1 << 30) - len(HALL) - 10, frozenset())
        assert not orphan.exists()
        assert {item.version for item in (*content.state.active, *content.state.previous)} == {1, 2}
    assert [edition.version for edition in opened(filled)] == [2]

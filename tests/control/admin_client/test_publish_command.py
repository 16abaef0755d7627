"""``edge-render publish`` against a real admin, with an edge that says what a test wants."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from bench.admin_process import AdminProcess
from tests.control.admin.publishing.packages import hall, manifest, on_disk, small_package
from tests.control.admin_client.conftest import Ran, Run, run_command
from tests.control.admin_client.edge import Edge


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    on_disk(folder, small_package())
    return folder


Begin = Callable[..., Future[Ran]]


@pytest.fixture
def begin(run: Run) -> Iterator[Begin]:
    """Runs a command beside the test."""
    with ThreadPoolExecutor() as pool:
        yield lambda *arguments: pool.submit(run, *arguments)


async def ordered(edge: Edge, command: Future[Ran], version: int) -> None:
    """Until the edge is ordered that version."""
    while [item.version for item in (await asyncio.to_thread(edge.order)).showrooms] != [version]:
        assert not command.done(), command.result().err
        await asyncio.sleep(0.05)


async def test_a_folder_becomes_what_a_site_shows(admin: AdminProcess, begin: Begin, package: Path) -> None:
    edge = Edge(admin, "lounge-1")
    edge.report("showing")
    arguments = ("publish", str(package), "--showroom", "branch", "--create", "--site", "lounge-1", "--wait")
    command = begin(*arguments)
    await ordered(edge, command, 1)
    edge.report("fetching")
    edge.report("showing")
    done = await asyncio.wrap_future(command)
    assert (done.status, done.out) == (0, "branch/1 published\n"), done.err
    lines = done.err.splitlines()
    assert "made the showroom branch" in lines
    assert any(line.startswith("2 files of ") and "; 2 to upload, 0 bytes are there already" in line for line in lines)
    assert "validated branch/1: 0 errors, 0 defects, 0 warnings" in lines
    assert "published branch/1" in lines
    assert lines[-1] == "lounge-1: healthy: 1.5 MB fetched, shown after 1.8 s"

    # A change of one file uploads that file and no more.
    (package / "showroom.json").write_bytes(manifest(hall=hall(fovYDeg=70)))
    command = begin(*arguments)
    await ordered(edge, command, 2)
    edge.report("showing")
    done = await asyncio.wrap_future(command)
    assert (done.status, done.out) == (0, "branch/2 published\n"), done.err
    assert "; 1 to upload, " in done.err
    assert "made the showroom" not in done.err

    # And back again.
    command = begin("rollback", "lounge-1", "branch", "--wait")
    await ordered(edge, command, 1)
    edge.report("warming")
    edge.report("showing")
    done = await asyncio.wrap_future(command)
    assert (done.status, done.out) == (0, "lounge-1 goes back to branch/1\n"), done.err


def test_an_admin_that_is_killed_again_and_again_is_published_on_all_the_same(tmp_path: Path, package: Path) -> None:
    (package / "large.bin").write_bytes(os.urandom(12_000_000))
    random = Random(1)
    with ThreadPoolExecutor() as pool, AdminProcess(tmp_path / "admin") as mortal:
        command = pool.submit(
            run_command, mortal.url, mortal.token, "publish", str(package), "--showroom", "branch", "--create"
        )
        for _ in range(3):
            # Any moment is a good one.
            with suppress(TimeoutError):
                command.result(timeout=random.uniform(0.5, 3.0))
            mortal.kill()
            mortal.start()
        done = command.result()
        assert (done.status, done.out) == (0, "branch/1 published\n"), done.err
        with mortal.api() as api:
            assert [version["state"] for version in api.get("showrooms/branch/versions").json()] == ["published"]


def test_findings_are_told_as_validate_tells_them(run: Run, package: Path) -> None:
    (package / "hall.glb").write_bytes(b"glTF, but no more")
    done = run("publish", str(package), "--showroom", "broken", "--create")
    assert (done.status, done.out) == (1, "")
    assert "hall.glb: error: " in done.err
    assert "broken/1 is rejected: 1 error" in done.err


def test_a_draft_is_left_to_somebody_else(admin: AdminProcess, run: Run, package: Path) -> None:
    done = run("publish", str(package), "--showroom", "draft", "--create", "--draft", "--note", "new lamps")
    assert (done.status, done.out) == (0, "draft/1 validated\n"), done.err
    with admin.api() as api:
        (version,) = api.get("showrooms/draft/versions").json()
    assert (version["state"], version["note"]) == ("validated", "new lamps")


def test_waves_and_times_are_handed_on(admin: AdminProcess, run: Run, package: Path) -> None:
    for slug in ("lounge-5", "lounge-6", "lounge-7"):
        admin.make_site(slug)
    waves = ("--wave", "lounge-6", "--wave", "lounge-5,lounge-7", "--at", "2100-01-01T00:00:00Z", "--skip-absent")
    done = run("publish", str(package), "--showroom", "waves", "--create", *waves, "--on-failure", "roll-back")
    assert (done.status, done.out) == (0, "waves/1 published\n"), done.err
    with admin.api() as api:
        (rollout,) = api.get("rollouts?showroom=waves").json()
    assert [[target["site"] for target in wave] for wave in rollout["waves"]] == [
        ["lounge-6"],
        ["lounge-5", "lounge-7"],
    ]
    assert rollout["starts_at"] == 4102444800.0
    assert (rollout["state"], rollout["skip_absent"], rollout["on_failure"]) == ("scheduled", True, "roll-back")


async def test_a_site_that_can_t_show_it_fails_the_command(admin: AdminProcess, begin: Begin, package: Path) -> None:
    edge = Edge(admin, "lounge-8")
    edge.report("showing")
    command = begin("publish", str(package), "--showroom", "failing", "--create", "--site", "lounge-8", "--wait")
    await ordered(edge, command, 1)
    edge.report("failed", "the GPU is too small")
    done = await asyncio.wrap_future(command)
    assert (done.status, done.out) == (1, "")
    assert "the GPU is too small" in done.err
    assert "is paused" in done.err


def test_what_takes_too_long_is_not_waited_for(admin: AdminProcess, run: Run, package: Path) -> None:
    admin.make_site("lounge-9")
    arguments = ("publish", str(package), "--showroom", "slow", "--create", "--site", "lounge-9", "--wait")
    done = run(*arguments, "--timeout", "0.001")
    assert (done.status, done.out) == (1, "")
    assert "slow/1 is not validated after 0.001 s; it goes on" in done.err


def test_nothing_is_uploaded_for_what_is_not_there(run: Run, package: Path) -> None:
    done = run("publish", str(package), "--showroom", "none", "--create", "--site", "nowhere")
    assert (done.status, done.out) == (1, "")
    assert "there is no site nowhere; there are: " in done.err
    done = run("publish", str(package), "--showroom", "none")
    assert done.status == 1
    assert "make it with --create" in done.err
    assert "upload" not in done.err


def test_a_folder_that_is_no_package_is_refused(run: Run, package: Path) -> None:
    (package / "showroom.json").unlink()
    done = run("publish", str(package), "--showroom", "none", "--create")
    assert done.status == 1
    assert "has no showroom.json" in done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "DIR, --showroom"),
        (["x", "--showroom", "Branch"], "is no name"),
        (["x", "--showroom", "b", "--site", "a", "--wave", "b"], "name them there"),
        (["x", "--showroom", "b", "--wave", "a,b", "--wave", "a"], "a site is named twice"),
        (["x", "--showroom", "b", "--wave", "a,,b"], "is no name"),
        (["x", "--showroom", "b", "--wait"], "name some with --site"),
        (["x", "--showroom", "b", "--site", "a", "--at", "tomorrow"], "is no time"),
        (["x", "--showroom", "b", "--site", "a", "--draft"], "can't be rolled out"),
    ],
)
def test_wrong_usage_is_told_apart(run_alone: Run, arguments: list[str], told: str) -> None:
    done = run_alone("publish", *arguments)
    assert (done.status, done.out) == (2, "")
    assert told in done.err

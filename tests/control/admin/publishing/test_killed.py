"""An admin that is killed in the midst of a validation does it again when it is started."""

from __future__ import annotations

import time
from pathlib import Path

import httpx2
import psutil
import pytest

from bench.admin_process import AdminProcess
from control.admin.access.actor import Role
from control.admin.publishing.showrooms import create_showroom
from control.admin.tables import Version
from tests.control.admin.publishing.conftest import TITLE
from tests.control.admin.publishing.packages import draft_of, small_package
from tests.waiting import WAIT_S


def state_of(admin: AdminProcess, version_id: int) -> str:
    with admin.database.reading() as session:
        return session.get_one(Version, version_id).state


@pytest.mark.parametrize("what", ["the admin", "its process"])
def test_a_validation_is_done_whatever_is_killed(tmp_path: Path, what: str) -> None:
    work = tmp_path / "data" / "work"
    with AdminProcess(tmp_path / "data") as admin:
        person = admin.person("edda", Role.EDITOR)
        with admin.database.session() as session:
            create_showroom(session, person.actor, 1.0, "branch", TITLE)
            version_id = draft_of(session, admin.blobs, person.actor, "branch", small_package()).id
        asked = httpx2.post(
            f"{admin.url}/api/v1/versions/{version_id}/validate",
            headers=person.headers,
            trust_env=False,
            timeout=WAIT_S,
        )
        assert asked.status_code == 202
        deadline_s = time.monotonic() + WAIT_S
        while not list(work.glob("validate-*/stdout")) or not (processes := psutil.Process(admin.pid).children()):
            assert time.monotonic() < deadline_s, "no validation begins"
            time.sleep(0.005)
        if what == "the admin":
            admin.kill()
            _, alive = psutil.wait_procs(processes, 30.0)
            assert alive == []
            assert state_of(admin, version_id) == "validating"
            admin.start()
        else:
            processes[0].kill()
        while (state := state_of(admin, version_id)) == "validating":
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
        with admin.database.reading() as session:
            report = session.get_one(Version, version_id).report or {}
    if what == "the admin":
        assert (state, report["findings"]) == ("validated", [])
    else:
        assert (state, [found["code"] for found in report["findings"]]) == ("rejected", ["VALIDATION_FAILED"])
    assert list(work.iterdir()) == []

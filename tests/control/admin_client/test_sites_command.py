"""``edge-render sites`` and ``rollback`` against a real admin."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys

import pytest

from bench.admin_process import AdminProcess
from tests.control.admin_client.conftest import Run
from tests.control.admin_client.edge import Edge
from tests.waiting import WAIT_S


def test_sites_are_listed_for_people_and_for_machines(admin: AdminProcess, run: Run) -> None:
    edge = Edge(admin, "lounge-1")
    admin.make_site("lounge-2")
    edge.report("showing")
    listed = run("sites")
    assert listed.status == 0
    assert [line.split() for line in listed.out.splitlines()] == [
        ["SITE", "CONDITION", "CLASS", "NODES", "VISITS", "SHOWROOMS"],
        ["lounge-1", "current", "software", "1", "of", "1", "2", "of", "4", "none"],
        ["lounge-2", "absent", "software", "0", "of", "0", "0", "of", "0", "none"],
    ]
    told = json.loads(run("sites", "--json").out)
    assert [(site["slug"], site["condition"]) for site in told] == [("lounge-1", "current"), ("lounge-2", "absent")]


def test_there_is_nothing_to_roll_back(admin: AdminProcess, run: Run) -> None:
    admin.make_site("lounge-3")
    done = run("rollback", "lounge-3", "branch")
    assert (done.status, done.out) == (1, "")
    assert "branch" in done.err
    assert run("rollback", "nowhere", "branch").status == 1


def test_a_wrong_token_is_told_and_not_repeated(run: Run) -> None:
    done = run("sites", EDGE_RENDER_TOKEN="ert_wrong-token")
    assert done.status == 1
    assert "the token is unknown, has ended or was revoked" in done.err
    assert "wrong-token" not in done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["sites", "--surprise"], "unrecognized arguments"),
        (["rollback", "lounge-1"], "SHOWROOM"),
        (["rollback", "Lounge 1", "branch"], "is no name"),
        (["sites", "--admin", "ftp://x"], "must look like https://admin.example"),
        (["sites", "--admin", "http://user:secret-word@x"], "without a name or a query"),
        (["sites", "--token", "a\nb"], "characters that no token has"),
        (["rollback", "lounge-1", "branch", "--timeout", "nan"], "is no number of seconds"),
    ],
)
def test_wrong_usage_is_told_apart(run_alone: Run, arguments: list[str], told: str) -> None:
    done = run_alone(*arguments)
    assert (done.status, done.out) == (2, "")
    assert told in done.err
    assert "secret-word" not in done.err


@pytest.mark.parametrize(("name", "told"), [("EDGE_RENDER_ADMIN_URL", "which admin"), ("EDGE_RENDER_TOKEN", "token")])
def test_which_admin_and_who_asks_must_be_told(run_alone: Run, name: str, told: str) -> None:
    done = run_alone("sites", **{name: ""})
    assert done.status == 2
    assert told in done.err


def test_an_interrupted_command_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment = {
            **os.environ,
            "EDGE_RENDER_ADMIN_URL": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "EDGE_RENDER_TOKEN": "ert_a-token",
        }
        # As a terminal starts it: in a shell's background, where these tests may run, SIGINT is ignored.
        heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        command = [sys.executable, "-c", heeding + "from control.cli import main; main()", "sites"]
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
            connection, _ = silent.accept()
            with connection:
                connection.recv(1)
                process.send_signal(signal.SIGINT)
                _, told = process.communicate(timeout=WAIT_S)
    assert (process.returncode, "interrupted" in told, "Traceback" in told) == (130, True, False)


def test_nobody_there_is_waited_for_no_longer_than_is_told(run_alone: Run) -> None:
    done = run_alone("sites", "--timeout", "0.5")
    assert (done.status, done.out) == (1, "")
    assert "trying again for 0.5 s" in done.err

"""An admin that is killed in the midst of a roll-out, and started again: nothing is lost, nothing is ordered twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import select

from control.admin.access.actor import Role
from control.admin.access.tokens import make_token
from control.admin.database import Database, database_url
from control.admin.keys import SigningKeys
from control.admin.migrations import migrate
from control.admin.settings import AdminSettings
from control.admin.sites.change_bell import ChangeBell
from control.admin.sites.orders import Orders
from control.admin.tables import AuditEntry, Rollout, Site
from tests.control.admin.sites.test_rollouts_end_to_end import Node
from tests.control.admin.sites.world import START, Published, make_sites, person, publish

SERVE = """
import asyncio, sys
from pathlib import Path
from control.admin.server import AdminServer
from control.admin.settings import AdminSettings
from control.log_format import configure_logging

async def serve():
    configure_logging()  # to stderr
    server = AdminServer(AdminSettings(port=0, data_folder=Path(sys.argv[1])))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    await serving

asyncio.run(serve())
"""


@dataclass
class Prepared:
    """A data folder with two sites and a published version."""

    folder: Path
    api_token: str
    tokens: dict[str, str]
    version: Published

    @contextmanager
    def database(self) -> Iterator[Database]:
        with Database(database_url(AdminSettings(data_folder=self.folder))) as database:
            yield database

    @contextmanager
    def admin(self) -> Iterator[httpx2.Client]:
        """A process that serves it, killed at the end."""
        process = subprocess.Popen([sys.executable, "-c", SERVE, str(self.folder)], stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60.0) as client:
                client.headers["Authorization"] = f"Bearer {self.api_token}"
                yield client
        finally:
            process.kill()
            process.wait()

    def state(self, rollout: int) -> str:
        with self.database() as database, database.reading() as session:
            return session.get_one(Rollout, rollout).state


@pytest.fixture
def prepared(tmp_path: Path) -> Prepared:
    folder = tmp_path / "admin"
    folder.mkdir()
    keys = SigningKeys(folder / "keys")
    with Database(database_url(AdminSettings(data_folder=folder))) as database:
        migrate(database)
        with database.session() as session:
            keys.start(session, START)
            boss = person(session, "boss", Role.ADMINISTRATOR)
            token = make_token(session, boss, "tests", Role.ADMINISTRATOR, START + 86400 * 365, START).token
            tokens = make_sites(session, Orders(keys, ChangeBell()), boss, ["first", "second"])
            return Prepared(folder, token, tokens, publish(session, keys, boss, "branch", 1))


def test_a_roll_out_survives_that_its_admin_is_killed_after_each_step(prepared: Prepared) -> None:
    with prepared.admin() as client:
        body = {"version_id": prepared.version.id, "waves": [["first"], ["second"]], "healthy_s": 0}
        made = client.post("/api/v1/rollouts", json=body)
        assert made.status_code == 201, made.text
        rollout = int(made.json()["id"])
    for token in prepared.tokens.values():
        with prepared.admin() as client:
            node = Node(client, token, serial=1)
            assert node.hear() == [1]
            node.report(prepared.version)
    with prepared.admin() as client:
        while prepared.state(rollout) != "done":
            assert client.get(f"/api/v1/rollouts/{rollout}").status_code == 200
    with prepared.database() as database, database.reading() as session:
        assert {site.slug: site.order_serial for site in session.scalars(select(Site))} == {"first": 2, "second": 2}
        orders = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "rollout.order").order_by(AuditEntry.seq)
        )
        assert [entry.detail["sites"] for entry in orders] == [["first"], ["second"]]

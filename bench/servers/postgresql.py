"""A PostgreSQL server for benches and tests: the system's program, on a unix socket in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from control.admin.database import Database
from control.admin.migrations import migrate

START_S = 60
_RUNNER = "nobody"  # PostgreSQL does not run as root, as tests in containers do
_SETTINGS = {
    "listen_addresses": "''",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "16MB",
    "max_connections": "200",
}


@dataclass
class PostgresqlServer:
    """Makes databases. Each is a copy of one that has the admin's tables, which takes milliseconds."""

    folder: Path

    def __post_init__(self) -> None:
        self._numbers = count(1)
        self._execute("CREATE DATABASE migrated")
        with Database(self.url("migrated")) as database:
            migrate(database)

    def url(self, name: str) -> str:
        """SQLAlchemy's URL of a database."""
        return f"postgresql+psycopg://admin@/{name}?host={self.folder}"

    @contextmanager
    def database(self, template: str = "migrated") -> Iterator[str]:
        """The URL of a new database; ``template0``: an empty one. It goes at the end, with all its connections."""
        name = f"test_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        try:
            yield self.url(name)
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def end_connections(self) -> None:
        """As a restart of the server or a break of the network does."""
        self._execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'test_%'")

    def _execute(self, statement: str) -> None:
        where = f"host={self.folder} user=admin dbname=postgres"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def postgresql_server() -> Iterator[PostgresqlServer]:
    """A running server; it and its files are gone at the end."""
    # Not pytest's folder: only root may look into that. And the path of a socket has 107 characters at most.
    with tempfile.TemporaryDirectory(prefix="postgresql-", dir="/tmp", ignore_cleanup_errors=True) as made:
        folder, data = Path(made), Path(made, "data")
        runner: dict[str, Any] = {}
        if os.geteuid() == 0:
            found = pwd.getpwnam(_RUNNER)
            os.chown(folder, found.pw_uid, found.pw_gid)
            runner = {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}

        def run(program: str, *arguments: str) -> None:
            # What it tells goes into a file: the server inherits it, and a pipe would never end.
            with (folder / "told").open("w+") as told:
                command = [_program(program), "-D", str(data), *arguments]
                ended = subprocess.run(command, stdout=told, stderr=told, cwd=folder, check=False, **runner)
                told.seek(0)
                assert ended.returncode == 0, told.read()

        run("initdb", "-U", "admin", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
        run("pg_ctl", "-w", "-t", str(START_S), "-l", str(folder / "log"), "-o", f"-k {folder} {options}", "start")
        try:
            yield PostgresqlServer(folder)
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")


def _program(name: str) -> str:
    """Debian keeps PostgreSQL's programs out of the PATH, in a folder for each version."""
    found = shutil.which(name) or next(map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None)
    assert found is not None, f"{name} is not installed: run scripts/setup tests"
    return found

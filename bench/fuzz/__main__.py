"""``make fuzz-admin``: has schemathesis make requests from the admin's OpenAPI description, thousands of them.

No answer may be a failure of the server, one that the description does not have, or a thanks for what it forbids. The
admin is a real one, with a showroom, versions in all states, a site and a roll-out; it is called once with these
names and numbers, so that its logic is reached, and once with any; and as an edge with the site's token.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import SecretStr

import bench
from bench.admin_process import AdminProcess
from bench.publishing.large_package import write_manifest, write_room
from bench.quiet_progress import QuietProgress
from control.admin_client.connection import AdminConnection
from control.admin_client.package import read_package
from control.admin_client.publisher import DraftPlan, Publisher
from control.admin_client.releaser import Releaser, RolloutPlan

CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
)
SPARED: Final = r"/session|/me/password|/setup|/tokens|/accounts|/keys/rotate|/revoke|/sites/[^/]+/(token|retire)"
"""What would take away what the run itself logs in with, or signs with."""
SITE, SHOWROOM = "lounge-1", "branch"
REQUEST_TIMEOUT_S: Final = 60
WAIT_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class Pass:
    """One run of schemathesis."""

    name: str
    token: str
    only: str
    spared: str
    parameters: dict[str, int | str]


async def _fill(admin: AdminProcess, folder: Path) -> None:
    """A published version that is rolled out, a validated one, and a draft."""
    write_room(folder / "room-0", np.random.default_rng(1), 16)
    async with AdminConnection(admin.url, SecretStr(admin.token)) as connection:
        progress = QuietProgress()
        publisher, plan = Publisher(connection, progress, WAIT_S), DraftPlan(SHOWROOM, create=True)
        for number, title in enumerate(("first", "second", "third")):
            write_manifest(folder, title, rooms=1)
            version = await publisher.draft(await read_package(folder, progress), plan)
            if number < 2:
                version = await publisher.validate(version)
            if number == 0:
                version = await publisher.publish(version)
                await Releaser(connection, progress).roll_out(version, RolloutPlan(((SITE,),)))


def _fuzz(admin: AdminProcess, one: Pass, examples: int, seed: int, folder: Path) -> int:
    config = folder / f"{one.name}.toml"
    lines = [f"{json.dumps(name)} = {json.dumps(value)}\n" for name, value in one.parameters.items()]
    config.write_text("".join(["[parameters]\n", *lines]))
    program = str(Path(sys.executable).with_name("schemathesis"))
    spared = ["--exclude-path-regex", one.spared] if one.spared else []
    return subprocess.run(
        [
            *(program, "--config-file", str(config), "run", f"{admin.url}/api/openapi.json"),
            *("--header", f"Authorization: Bearer {one.token}", "--include-path-regex", one.only, *spared),
            *("--seed", str(seed), "--max-examples", str(examples), "--generation-database", "none"),
            *("--phases", "examples,coverage,fuzzing", "--checks", ",".join(CHECKS), "--continue-on-failure"),
            *("--request-timeout", str(REQUEST_TIMEOUT_S), "--warnings", "off", "--no-color"),
        ],
        cwd=folder,
        env={
            **os.environ,
            "SCHEMATHESIS_HOOKS": "bench.fuzz.hooks",
            "PYTHONPATH": str(Path(bench.__file__).parents[1]),
        },
        check=False,
    ).returncode


def main() -> int:
    """The exit status is 1 where anything was answered as it may not be."""
    parser = argparse.ArgumentParser("python -m bench.fuzz", description="Fuzz the admin's API.")
    parser.add_argument("--examples", type=int, default=50, help="requests of a kind to each operation (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the random choices (%(default)s)")
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="edge-render-fuzz-") as name:
        folder = Path(name)
        with AdminProcess(folder / "admin") as admin:
            site_token = admin.make_site(SITE)
            (folder / "package").mkdir()
            asyncio.run(_fill(admin, folder / "package"))
            known: dict[str, int | str] = {
                "path.version_id": 2,
                "path.rollout_id": 1,
                "path.slug": SHOWROOM,
                "path.showroom": SHOWROOM,
            }
            passes = (
                Pass("known", admin.token, "^/api/", SPARED, known),
                Pass("any", admin.token, "^/api/", SPARED, {}),
                Pass("edge", site_token, "^/edge/", "", {}),
            )
            for one in passes:
                sys.stdout.write(f"\n== {one.name}\n")
                sys.stdout.flush()
                failed |= _fuzz(admin, one, options.examples, options.seed, folder)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())

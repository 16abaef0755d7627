"""A follower in a process of its own, which tells what it shows and can end itself as kill -9 does.

``python -m bench.kills.follower_program ADMIN_URL FOLDER TRUSTED_KEY KILL_AT``; the token is in SITE_TOKEN. KILL_AT:
just before so many-th touch of the content folder or of the stage (0: never). Writes lines of JSON: ``{"started":
true}``, ``{"warmed": RELEASE, "files": {PATH: SHA-256}}``, ``{"shown": [RELEASE, ...]}`` and ``{"killed": WHERE}``.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import SecretStr

from bench.kills.killer import Killer, tell
from bench.kills.site_stand_in import SITE
from control.content.edge_api import VisitReport
from control.content.stage import Edition
from control.content.trust import parse_keys
from control.log_format import configure_logging
from control.sync.follow_config import FollowConfig
from control.sync.follower import SiteFollower
from control.sync.site_content import open_site_content

TOUCHES = frozenset(
    ["open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.utime", "shutil.rmtree"]
)


def hear_touches(killer: Killer, folder: Path) -> None:
    """Of the content folder."""
    root = str(folder)

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if event in TOUCHES and str(arguments[0]).startswith(root):
            killer.touch(f"{event} {str(arguments[0])[len(root) + 1 :].partition('/')[0] or '.'}")

    sys.addaudithook(hear)


class TellingStage:
    """Draws nothing; reads every byte that it is to show."""

    def __init__(self, killer: Killer) -> None:
        self._killer = killer
        self._shown: frozenset[str] = frozenset()

    async def warm(self, edition: Edition) -> None:
        self._killer.touch("warm")
        files = {
            path.relative_to(edition.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in edition.folder.rglob("*")
            if path.is_file()
        }
        tell(warmed=edition.release, files=files)

    def show(self, editions: Sequence[Edition]) -> None:
        self._killer.touch("show")
        self._shown = frozenset(edition.release for edition in editions)
        tell(shown=[edition.release for edition in editions])
        self._killer.touch("shown")

    def in_use(self) -> frozenset[str]:
        return self._shown

    def take_visits(self) -> VisitReport | None:
        return None

    @property
    def visits(self) -> tuple[int, int]:
        return 0, 4


def follow_config(admin_url: str, folder: Path, trusted_key: str) -> FollowConfig:
    """Of the process that is killed."""
    return FollowConfig(
        admin_url=admin_url,
        site=SITE,
        site_token=SecretStr(os.environ.get("SITE_TOKEN", "")),
        trusted_keys=parse_keys(trusted_key),
        folder=folder,
        budget_bytes=64 << 20,
        node="killed",
        software="edge-render bench",
        reserve_bytes=0,
    )


def main(admin_url: str, folder: Path, trusted_key: str, kill_at: int) -> None:
    configure_logging()
    config = follow_config(admin_url, folder, trusted_key)
    killer = Killer(kill_at)
    if kill_at:
        hear_touches(killer, config.folder)
    tell(started=True)
    with open_site_content(config) as content:
        asyncio.run(SiteFollower(config, content, TellingStage(killer)).run())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))

"""An S3-compatible server for benches and tests: rclone serves a folder, in which one folder is the bucket."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

BUCKET = "showrooms"
ACCESS_KEY, SECRET_KEY = "tests", "tests-secret"


@dataclass
class S3Server:
    """Gives each test a place of its own."""

    endpoint: str
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def settings(self) -> dict[str, str]:
        """AdminSettings for a prefix of the bucket at which nothing is."""
        return {
            "blob_url": f"s3://{BUCKET}/place-{next(self._numbers)}",
            "blob_endpoint": self.endpoint,
            "blob_access_key": ACCESS_KEY,
            "blob_secret_key": SECRET_KEY,
        }


@contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """A running server, on a port that was free."""
    (folder / BUCKET).mkdir()
    with subprocess.Popen(
        [
            *(Path(sys.executable).with_name("rclone"), "serve", "s3", "--config", "", "--addr", "127.0.0.1:0"),
            *("--auth-key", f"{ACCESS_KEY},{SECRET_KEY}", folder),
        ],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            found = re.search(r"http://[0-9.:]+", line)
            assert found is not None, line
            yield S3Server(found[0])
        finally:
            process.kill()
            process.communicate()

"""Locust's greenlets and the visitors' asyncio loop work side by side in a process that gevent has patched."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from bench.visitors.native_loop import UPSTREAM_NAMES
from tests.waiting import WAIT_S


def test_the_bridge_in_a_patched_process() -> None:
    # Patching can't be undone, so it must not happen in the process of the tests.
    done = subprocess.run(
        (sys.executable, "-m", "tests.bench.visitors.bridge_program"),
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert json.loads(done.stdout) == {
        "patched": True,
        "real thread": True,
        "same thread": True,
        "datagram": {"data": "over the plain socket", "plain": True},
        "raised": "as it was raised",
        "other greenlets ran meanwhile": 5,
        "killed greenlet's coroutine": ["freed"],
        "left coroutine": [["freed", "freed"], ["the visit was cancelled"]],
        "a library's task": [True],
        "samples": 3,
        "pictures": 2,
        "on gevent's thread": True,
        "after closing": "the visitors' thread has ended",
        "threads": 1,
    }


def test_the_private_names_of_asyncio_are_still_there() -> None:
    for name in UPSTREAM_NAMES:
        assert callable(getattr(asyncio.SelectorEventLoop, name)), name

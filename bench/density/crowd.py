"""A crowd of light visitors in a process of its own, told what to do by lines of JSON on standard input.

``{"visitors": 3, "followers": 10, "query": {...}}`` makes them so many (visitors move; the first one leads, followers
follow); ``{"read": true}`` only reads. Each answer is how many pictures each of them has received. The process ends
with its input.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import psutil

from bench.density.light_visitor import LightVisitor

START_TIMEOUT_S = 60.0
AT_A_TIME = 5
"""So many connect at once."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Since each of them came."""

    visitor_frames: list[int]
    follower_frames: list[int]


class Crowd:
    """The other end: starts the process. A context manager."""

    def __init__(self, url: str) -> None:
        self._command = [sys.executable, "-m", "bench.density.crowd", url]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(START_TIMEOUT_S)

    @property
    def cpu_s(self) -> float:
        """Seconds of CPU since the process began."""
        times = psutil.Process(self._process.pid).cpu_times()
        return float(times.user + times.system)

    def become(self, visitors: int, followers: int, query: dict[str, Any]) -> None:
        """Wait until they are so many. Raises RuntimeError where one was not let in."""
        self._ask({"visitors": visitors, "followers": followers, "query": query})

    def read(self) -> Reading:
        """What they have received."""
        answer = self._ask({"read": True})
        return Reading(answer["visitors"], answer["followers"])

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(question), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the crowd's process has ended")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer


async def _serve(url: str) -> None:
    visitors: list[LightVisitor] = []
    followers: list[LightVisitor] = []
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as tasks:
        running: list[asyncio.Task[None]] = []

        async def grow(crowd: list[LightVisitor], count: int, query: dict[str, Any], moves: bool) -> None:
            while len(crowd) < count:
                new = [LightVisitor(url, query, moves=moves) for _ in range(min(AT_A_TIME, count - len(crowd)))]
                running.extend(tasks.create_task(one.run()) for one in new)
                crowd.extend(new)
                async with asyncio.timeout(START_TIMEOUT_S):
                    while not all(one.frames for one in new):  # noqa: ASYNC110 - counted by packets
                        await asyncio.sleep(0.05)

        while line := await loop.run_in_executor(None, sys.stdin.readline):
            question = json.loads(line)
            if "visitors" in question:
                query = question["query"]
                await grow(visitors, min(1, question["visitors"]), {**query, "guide": "new"}, True)
                await grow(visitors, question["visitors"], query, True)
                if question["followers"]:
                    code = await visitors[0].code
                    await grow(followers, question["followers"], {"follow": code}, False)
            answer = {"visitors": [one.frames for one in visitors], "followers": [one.frames for one in followers]}
            print(json.dumps(answer), flush=True)
        for task in running:
            task.cancel()


def main() -> None:
    """Serve until standard input ends."""
    asyncio.run(_serve(sys.argv[1]))


if __name__ == "__main__":
    main()

"""How a process that is to be killed tells what it does, and ends itself as kill -9 does."""

from __future__ import annotations

import json
import os
import signal
import threading


def tell(**line: object) -> None:
    """One line of JSON to who started this process."""
    os.write(1, json.dumps(line).encode() + b"\n")


class Killer:
    """Counts, on all threads, and kills this process in time."""

    def __init__(self, kill_at: int) -> None:
        """Just before so many-th touch; 0: never."""
        self._left = kill_at
        self._lock = threading.Lock()

    def touch(self, where: str) -> None:
        """Something is about to be changed there."""
        with self._lock:
            self._left -= 1
            if self._left == 0:
                tell(killed=where)
                os.kill(os.getpid(), signal.SIGKILL)

"""Owns decoder processes: gives them jobs, and ends those that crash, hang or ask for too much."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge_render.apart.wire import WireError, receive, send

JOB_MAX_S: Final = 30.0
PROCESS_BASE_BYTES: Final = 512 * 1024 * 1024
"""Address space that Python and the decoders take before they decode anything; most of it is never touched."""
_PROCESSES_MAX: Final = 4
_DYING_S: Final = 0.5
"""A process that has closed its end is gone within this, unless it lives and talks nonsense."""


@dataclass(frozen=True, slots=True)
class Job:
    """``decoder`` is one of process.DECODERS; ``working_bytes`` is what it may allocate, the result included."""

    decoder: str
    data: NDArray[np.uint8] = field(repr=False)
    working_bytes: int
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a job came to: ``error`` says what is wrong with the bytes, and is None where nothing is."""

    error: str | None
    facts: dict[str, Any] = field(default_factory=dict)
    arrays: list[NDArray[Any]] = field(default_factory=list, repr=False)


def decode_apart(
    jobs: Iterable[Job], *, job_max_s: float = JOB_MAX_S, results_max_bytes: int | None = None
) -> list[Decoded]:
    """Do jobs in a few processes at once; results are in the order of the jobs. Bad bytes give an error, no more, and
    so does a job that takes longer than ``job_max_s``. Once a result does not fit into what is left of
    ``results_max_bytes`` for all together, it and all that are not there yet are errors."""
    todo = list(jobs)
    if not todo:
        return []
    allowance = _Allowance(results_max_bytes)
    idle: queue.SimpleQueue[_DecoderProcess] = queue.SimpleQueue()
    workers = [
        _DecoderProcess(job_max_s, allowance) for _ in range(min(_PROCESSES_MAX, os.cpu_count() or 1, len(todo)))
    ]
    for worker in workers:
        idle.put(worker)

    def run(job: Job) -> Decoded:
        if allowance.exceeded is not None:
            return Decoded(allowance.exceeded)
        worker = idle.get()
        try:
            return worker.decode(job)
        finally:
            idle.put(worker)

    try:
        with ThreadPoolExecutor(len(workers), thread_name_prefix="decode") as threads:
            return list(threads.map(run, todo))
    finally:
        for worker in workers:
            worker.close()


class _TooMuchError(Exception):
    """A result does not fit beside the others."""


class _Allowance:
    """How many bytes the results of all jobs may still have. Any thread may take of it."""

    def __init__(self, max_bytes: int | None) -> None:
        self._max_bytes = self._left_bytes = max_bytes
        self._lock = threading.Lock()
        self.exceeded: str | None = None
        """Why nothing more is taken in, once a result has not fitted."""

    def take(self, size_bytes: int) -> None:
        """Raises _TooMuchError where no more is taken in."""
        if self._left_bytes is None:
            return
        with self._lock:
            if self.exceeded is None and size_bytes > self._left_bytes:
                self.exceeded = f"with it, all that is decoded has more than {self._max_bytes} bytes"
            if self.exceeded is not None:
                raise _TooMuchError(self.exceeded)
            self._left_bytes -= size_bytes


class _DecoderProcess:
    """One process, started when it is needed and again when it has died. Used by one thread at a time."""

    def __init__(self, job_max_s: float, allowance: _Allowance) -> None:
        self._job_max_s = job_max_s
        self._allowance = allowance
        self._process: subprocess.Popen[bytes] | None = None

    def decode(self, job: Job) -> Decoded:
        process = self._started()
        assert process.stdin is not None, "both are pipes"
        assert process.stdout is not None, "both are pipes"
        watchdog = threading.Timer(self._job_max_s, process.kill)
        watchdog.start()
        head = {
            "decoder": job.decoder,
            "parameters": job.parameters,
            "memory_bytes": PROCESS_BASE_BYTES + job.working_bytes,
        }
        try:
            send(process.stdin, head, [job.data])
            answer, arrays = receive(process.stdout, max_bytes=job.working_bytes, admit=self._allowance.take)
        except _TooMuchError as error:
            self.close()  # its result is still on the way
            return Decoded(str(error))
        except (WireError, OSError) as error:
            return Decoded(self._epitaph(process, error))
        finally:
            watchdog.cancel()
        if "error" in answer:
            return Decoded(str(answer["error"])[:500])
        return Decoded(None, dict(answer["facts"]), arrays)

    def close(self) -> None:
        """End the process. May be called twice."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            self._process = subprocess.Popen(
                # -P: else modules would come from the folder that somebody happens to be in, such as a package's.
                [sys.executable, "-P", "-m", "edge_render.apart.process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )
        return self._process

    def _epitaph(self, process: subprocess.Popen[bytes], error: Exception) -> str:
        """What became of it; afterwards it has ended."""
        try:
            exit_status = process.wait(_DYING_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return f"what its decoder says is not taken: {error}"
        if exit_status == -signal.SIGKILL:
            return f"it took longer than {self._job_max_s:.0f} s, or more memory than there is"
        return f"the decoder crashed on it (exit status {exit_status})"

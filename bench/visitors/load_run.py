"""What one locust process needs for its visitors, from the start of a run to its end: all on gevent's thread."""

from __future__ import annotations

import itertools
import logging
import sys
from dataclasses import asdict
from typing import Any

from locust.exception import StopTest
from locust.runners import MasterRunner, WorkerRunner

from bench.network.front import FrontProcess
from bench.visitors.options import picture_size
from bench.visitors.samples import Sample, Tally
from bench.visitors.visitor_thread import VisitorThread
from bench.visitors.walk_path import PathError, WalkPath, load_path
from bench.visitors.webrtc_visit import WebRtcVisit

REQUEST_TYPE = "WebRTC"
SWITCH_INTERVAL_S = 0.0005
"""So that the visitors' thread is not held up by locust's for the interpreter's usual 5 ms, nor the other way round."""
VISITORS_PER_WORKER = 100_000
_TALLY = "visitors_tally"


class LoadRun:
    """Of one process: the master has the sums alone, all others have visitors too."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self._thread: VisitorThread | None = None
        self._front: FrontProcess | None = None
        self._path: WalkPath | None = None
        self._numbers = itertools.count()
        self.host: str | None = None
        """The front's, where there is one between the visitors and the node."""
        # Else it would tell of each pair of candidates.
        logging.getLogger("aioice").setLevel(logging.WARNING)
        self.tally = Tally()
        """Of a worker: what the master does not know yet. Else: of the whole run."""

    @property
    def options(self) -> Any:
        """Locust's, which its web page may have changed before this run."""
        return self._environment.parsed_options

    @property
    def path(self) -> WalkPath:
        assert self._path is not None, "the run has begun"
        return self._path

    @property
    def thread(self) -> VisitorThread:
        assert self._thread is not None, "the run has begun"
        return self._thread

    @property
    def master(self) -> bool:
        return isinstance(self._environment.runner, MasterRunner)

    def attach(self) -> None:
        """Follow the events of this process's environment."""
        events = self._environment.events
        events.test_start.add_listener(self._begin)
        events.test_stop.add_listener(self._end)
        events.quit.add_listener(self._close)
        events.report_to_master.add_listener(self._tell_master)
        events.worker_report.add_listener(self._hear_worker)

    # --- the run's life ------------------------------------------------------------------------------

    def check(self) -> str | None:
        """What is wrong with the options; None where nothing is."""
        try:
            picture_size(self.options.picture)
            load_path(self.options.path)
        except (PathError, ValueError) as error:
            return str(error)
        return None

    def _begin(self, environment: Any, **_: Any) -> None:
        wrong = self.check()
        if wrong is not None:
            raise StopTest(wrong)
        self.tally = Tally()
        if self.master:
            return
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self._path = load_path(self.options.path)
        self._numbers = itertools.count(VISITORS_PER_WORKER * max(0, environment.runner.worker_index))
        if self._thread is None:
            self._thread = VisitorThread(self._on_samples)
        if self.options.network:
            front = FrontProcess(environment.host, self.options.network, self.options.seed)
            self._front = front.__enter__()
            self.host = front.url

    def _end(self, **_: Any) -> None:
        """All visitors have left."""
        front, self._front, self.host = self._front, None, None
        if front is not None:
            front.__exit__(None, None, None)

    def _close(self, **_: Any) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.close()

    # --- for the visitors ----------------------------------------------------------------------------

    def next_visitor(self) -> int:
        """A number that no other visitor of any worker has; the first ones are the same in every run."""
        return next(self._numbers)

    async def make_visit(self) -> WebRtcVisit:
        """On the visitors' thread."""
        return WebRtcVisit(self.thread.report)

    def fire(self, sample: Sample) -> None:
        """Make a locust request of it."""
        self._environment.events.request.fire(
            request_type=REQUEST_TYPE,
            name=sample.what.value,
            response_time=sample.ms,
            response_length=sample.size_bytes,
            exception=None if sample.failure is None else VisitorFailure(sample.failure),
            context={},
        )

    # --- sums ----------------------------------------------------------------------------------------

    def _on_samples(self, samples: list[Sample], tally: Tally) -> None:
        for sample in samples:
            self.fire(sample)
        self.tally.add(tally)

    def _tell_master(self, client_id: str, data: dict[str, Any]) -> None:
        if isinstance(self._environment.runner, WorkerRunner):
            data[_TALLY], self.tally = asdict(self.tally), Tally()

    def _hear_worker(self, client_id: str, data: dict[str, Any]) -> None:
        self.tally.add(Tally(**data[_TALLY]))


class VisitorFailure(Exception):
    """What failed, in few words: locust counts failures by their text."""

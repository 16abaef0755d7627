"""The locust user: joins by WHEP with locust's own HTTP client, lives on the visitors' thread, leaves in any case."""

from __future__ import annotations

from typing import Any

import gevent
from locust import HttpUser, constant, task

from bench.visitors.load_run import LoadRun
from bench.visitors.options import picture_size
from bench.visitors.samples import Sample, What
from bench.visitors.visitor_thread import VisitCancelled, now_s
from bench.visitors.webrtc_visit import VisitFailed, WebRtcVisit

SDP_TYPE = {"Content-Type": "application/sdp"}
RETRY_S = 1.0


class ShowroomVisitor(HttpUser):
    """Comes, walks a recorded path once, leaves, and comes again as another visitor."""

    wait_time = constant(RETRY_S)

    def __init__(self, environment: Any) -> None:
        self._run: LoadRun = environment.load_run
        if self._run.host:
            self.host = self._run.host
        super().__init__(environment)  # type: ignore[no-untyped-call]
        self._number = self._run.next_visitor()
        self._visits = 0

    @task
    def visit(self) -> None:
        """One visit. Where this greenlet is killed, the visit ends as with a goodbye."""
        thread, path = self._run.thread, self._run.path
        steps = path.walk(self._run.options.seed, self._number, self._visits)
        self._visits += 1
        visit: WebRtcVisit = thread.call(self._run.make_visit)
        location: str | None = None
        began_s, failure = now_s(), None
        try:
            offer = thread.call(visit.offer)
            offered_s = now_s()
            joining = gevent.spawn(self._join, offer)
            try:
                location, answer = joining.get()
            except gevent.GreenletExit:
                # The request goes on; the place on the node that it gets must be freed.
                location, _ = joining.get()
                raise
            if location is None:
                return  # counted as a failed request already
            thread.call(visit.connect, answer, offered_s)
            thread.call(visit.walk, steps)
        except VisitFailed as error:
            failure = str(error)
        except VisitCancelled:
            failure = None
        finally:
            self._leave(visit, location)
            if location is not None:
                self._run.fire(Sample(What.VISIT, (now_s() - began_s) * 1e3, failure=failure))

    def _join(self, offer: str) -> tuple[str | None, str]:
        """The visit's path, and the answer; no path where the node refuses."""
        size = picture_size(self._run.options.picture)
        query = f"/whep?width={size.width}&height={size.height}"
        with self.client.post(query, data=offer, headers=SDP_TYPE, name="WHEP join", catch_response=True) as response:
            if response.status_code == 201:
                return str(response.headers["Location"]), str(response.text)
            response.failure(f"not admitted: status {response.status_code}")
        return None, ""

    def _leave(self, visit: WebRtcVisit, location: str | None) -> None:
        """Free the place on the node by both ways, as the page does."""
        self._run.thread.call(visit.leave)
        if location is None:
            return
        with self.client.delete(location, name="WHEP leave", catch_response=True) as response:
            # The goodbye may have come first: then the visit is gone, which is what was wanted.
            if response.status_code in (200, 404):
                response.success()

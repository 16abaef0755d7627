"""A visitor of the bench: a real page in Chromium, and what it knows of its own visit."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page

SIZE = (640, 360)
STEADY_S = 3.5
"""A visit that was seen for so long is taken up again without a wait (control/web/backoff.js: STEADY_MS)."""
WAIT_MS = 60_000


@dataclass(frozen=True, slots=True)
class Receiver:
    """Totals of the browser's own report since the connection began."""

    packets_lost: int
    frames_dropped: int
    freezes: int


class Visitor:
    """See the module."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    @contextmanager
    def enter(cls, browser: Browser, url: str) -> Iterator[Visitor]:
        """Somebody who is inside, and sees the first picture."""
        with browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]}, bypass_csp=True) as context:
            page = context.new_page()
            page.goto(url)
            page.wait_for_function("window.edgeRender?.state === 'live'", timeout=WAIT_MS)
            yield cls(page)

    @property
    def reference(self) -> str:
        """What the visit is called."""
        return str(self.page.evaluate("window.edgeRender.visit"))

    @property
    def frame(self) -> dict[str, Any]:
        """The ``frame`` message of the newest picture that is seen."""
        return dict(self.page.evaluate("window.edgeRender.lastFrame"))

    @property
    def recovery(self) -> dict[str, float | None]:
        """See Stay in control/web/stay.js; times of the epoch in milliseconds."""
        return dict(self.page.evaluate("window.edgeRender.recovery"))

    def stand(self) -> None:
        """Rest until the final picture is there, and the visit counts as a steady one."""
        self.page.wait_for_function("window.edgeRender.lastFrame?.still === true", timeout=WAIT_MS)
        time.sleep(STEADY_S)

    def look_aside(self) -> None:
        """Go on from the entry pose, so that coming back to it would be seen."""
        yaw = self.frame["yaw"]
        with self.turning():
            self.page.wait_for_function(f"window.edgeRender.lastFrame.yaw > {yaw + 0.4}", timeout=WAIT_MS)

    @contextmanager
    def turning(self) -> Iterator[None]:
        """Turn all the time."""
        self.page.keyboard.down("ArrowLeft")
        try:
            yield
        finally:
            self.page.keyboard.up("ArrowLeft")

    def wait_for_another_visit(self, reference: str) -> None:
        """Until a picture of another one is seen."""
        other = f"![null, {json.dumps(reference)}].includes(window.edgeRender.visit)"
        self.page.wait_for_function(f"window.edgeRender.state === 'live' && {other}", timeout=WAIT_MS)

    def receiver(self) -> Receiver:
        """What the browser has counted until now."""
        reports = self.page.evaluate("window.edgeRender.reports()")
        video = next(one for one in reports if one["type"] == "inbound-rtp" and one["kind"] == "video")
        return Receiver(int(video["packetsLost"]), int(video.get("framesDropped", 0)), int(video.get("freezeCount", 0)))

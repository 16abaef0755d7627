"""What a visitor's page shows, looked at each time that the browser draws it: for hand-overs, in which nothing may go
black, and for the time between pictures."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from playwright.sync_api import Page

_WATCH = """() => {
    const context = new OffscreenCanvas(8, 8).getContext("2d", { willReadFrequently: true });
    const watched = (window.watchedPicture = { seen: [], pictures: [] });
    const look = (nowMs) => {
        const video = document.querySelector("#picture video[data-shown]");
        const opacity = Number(getComputedStyle(document.getElementById("picture")).opacity);
        context.clearRect(0, 0, 8, 8);
        if (video?.videoWidth) context.drawImage(video, 0, 0, 8, 8);
        const brightest = Math.max(...context.getImageData(0, 0, 8, 8).data.filter((_, index) => index % 4 < 3));
        watched.seen.push([performance.timeOrigin + nowMs, brightest * opacity, window.edgeRender.state]);
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    for (const video of document.querySelectorAll("#picture video")) {
        const shown = (nowMs) => {
            if ("shown" in video.dataset) watched.pictures.push(performance.timeOrigin + nowMs);
            video.requestVideoFrameCallback(shown);
        };
        video.requestVideoFrameCallback(shown);
    }
}"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was on the screen at one time."""

    at_ms: float
    """Of the epoch."""
    brightest: float
    """0..255: the largest component of any colour in it; 0 where it is black, or nothing is shown."""
    state: str
    """Of the page."""


class WatchedPicture:
    """See ``watch_picture``."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def seen(self) -> list[Seen]:
        """All that the browser has drawn since."""
        return [Seen(*one) for one in self._page.evaluate("window.watchedPicture.seen")]

    def gaps_ms(self, since_ms: float = 0.0) -> list[float]:
        """Between each two pictures that came one after the other since a time of the epoch."""
        times = [float(ms) for ms in self._page.evaluate("window.watchedPicture.pictures") if ms >= since_ms]
        return [after - before for before, after in pairwise(times)]


def watch_picture(page: Page) -> WatchedPicture:
    """Look at what the page shows from now on."""
    page.evaluate(_WATCH)
    return WatchedPicture(page)

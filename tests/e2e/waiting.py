"""Waits for what a page says asynchronously: statistics, answers of the node."""

from __future__ import annotations

import json

from playwright.sync_api import Page

from tests.waiting import WAIT_S

_WAIT = """async ({condition, timeoutMs}) => {
    const holds = new Function(`return (${condition});`)();
    const deadlineMs = performance.now() + timeoutMs;
    while (!(await holds())) {
        if (performance.now() > deadlineMs) throw new Error(`not within ${timeoutMs} ms: ${condition}`);
        await new Promise(requestAnimationFrame);
    }
}"""


def wait_until(page: Page, condition: str, timeout_s: float = WAIT_S) -> None:
    """Wait until an async function of JavaScript returns something true; asked once for each frame of the display.

    Playwright's ``wait_for_function`` is not for these: it takes the promise itself for the answer, which is always
    true, and so waits for nothing.
    """
    page.evaluate(_WAIT, {"condition": condition, "timeoutMs": timeout_s * 1e3})


def wait_until_metric(page: Page, name: str, least: float) -> None:
    """Wait until a metric line of the page's node, such as ``edge_render_visits``, says so much or more."""
    # The space keeps out metrics whose names begin with this one.
    line = json.dumps(f"\n{name} ")
    text = "await (await fetch('/metrics')).text()"
    wait_until(page, f"async () => parseFloat((({text}).split({line})[1] ?? '0')) >= {least}")

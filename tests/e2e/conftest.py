"""A real server process, and a real headless Chromium that looks at it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from bench.free_port import free_port
from bench.node_process import CHROMIUM_FLAGS, NodeProcess, chromium_path
from tests.waiting import WAIT_S

expect.set_options(timeout=WAIT_S * 1e3)


@pytest.fixture(scope="session")
def server(demo_package: Path) -> Iterator[NodeProcess]:
    """For all modules, as a node takes seconds to start. Who was there before has said goodbye."""
    media_port = str(free_port(socket.SOCK_DGRAM))
    small = ("--max-width", "480", "--max-height", "270")  # drawn, coded and shown by the CPU: a quarter of the work
    with NodeProcess(
        demo_package, "--max-visits", "2", *small, "--pixel-format", "rgba", "--media-port", media_port
    ) as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For one module, as Playwright's event loop runs until it is closed, and other tests have loops of their own."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_FLAGS))
        chromium.on("context", lambda opened: opened.set_default_timeout(WAIT_S * 1e3))
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    # Playwright's wait_for_function evaluates strings, which the page's policy forbids; one test keeps the policy.
    opened = browser.new_context(viewport={"width": 960, "height": 540}, locale="en-GB", bypass_csp=True)
    yield opened
    opened.close()


@pytest.fixture
def open_page(context: BrowserContext) -> Callable[[str], Page]:
    """Opens the viewer and waits for its first frame; a script error of the page fails the test."""

    def open_it(url: str) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"script error in the page: {error}"))
        page.goto(url)
        page.wait_for_function("window.edgeRender?.state === 'live'")
        return page

    return open_it

"""The bench of sound and picture: what it pairs, and that a real browser sees and hears the test source."""

from __future__ import annotations

import pytest
from playwright.async_api import async_playwright

from bench.audio_sync import measure, pair
from bench.node_process import CHROMIUM_FLAGS, chromium_path


def test_each_flash_goes_with_the_nearest_beep() -> None:
    assert pair([1000.0, 2000.0, 3000.0], [1040.0, 1990.0, 3000.0]) == [40.0, -10.0, 0.0]


def test_a_flash_whose_beep_was_not_heard_is_left_out() -> None:
    assert pair([1000.0, 2000.0, 3000.0], [1040.0, 3020.0]) == [40.0, 20.0]
    assert pair([1000.0], []) == []


@pytest.mark.browser
async def test_a_browser_sees_the_flashes_and_hears_the_beeps() -> None:
    flags = [*CHROMIUM_FLAGS, "--autoplay-policy=no-user-gesture-required"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=flags)
        figures = await measure(browser, lip_sync=True, seconds=3.0)
        await browser.close()
    assert figures.offsets
    assert figures.own_account is not None, "sender reports of both streams came"

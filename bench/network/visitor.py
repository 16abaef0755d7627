"""One visit: a headless Chromium opens the real page through the relay and turns round and round."""

from __future__ import annotations

import base64
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, Route

from bench.network.candidates import host_candidate, with_candidate
from bench.network.cpu import CpuWatch
from bench.network.profiles import Profile
from bench.network.recording import FrameSeen, InputSent, Recording, Sample
from bench.network.relay import Relay
from bench.network.senders import IN_BAND_CHANNELS
from bench.network.stamp import decode
from bench.node_process import NodeProcess

SIZE = (1280, 720)
SETTLE_S = 3.0
"""After the visitor begins to turn; what comes before is the start, which is not measured."""
LIVE_TIMEOUT_MS = 30_000
CLOCK_READINGS = 7
PROBE = Path(__file__).with_name("probe.js")


def record_visit(
    browser: Browser, node: NodeProcess, sender: str, profile: Profile, seed: int, *, keep_packets: bool = False
) -> Recording:
    """Visit that node over that link. Raises playwright's TimeoutError where no picture comes."""
    width, height = SIZE
    with (
        Relay(profile.down, profile.up, seed, keep_packets=keep_packets) as relay,
        browser.new_context(viewport={"width": width, "height": height}, bypass_csp=True) as context,
    ):
        page = context.new_page()
        page.add_init_script(f"window.networkProbeInBand = {str(sender in IN_BAND_CHANNELS).lower()};")
        page.add_init_script(path=PROBE)
        page.route("**/whep?*", partial(_through_relay, relay))
        page.goto(node.url)
        page.wait_for_function("window.edgeRender?.state === 'live'", timeout=LIVE_TIMEOUT_MS)
        page.keyboard.down("ArrowLeft")
        turning_from_s = time.monotonic() - relay.started_s
        page.wait_for_timeout(SETTLE_S * 1e3)
        page.evaluate("networkProbe.sampleEveryMs = 1000")
        watch = CpuWatch(node.pid)
        before, from_s = page.evaluate("networkProbe.inbound()"), time.monotonic() - relay.started_s
        page.wait_for_timeout(max(0.0, profile.lasts_s - from_s) * 1e3)
        after, to_s = page.evaluate("networkProbe.inbound()"), time.monotonic() - relay.started_s
        cpu = watch.use()
        page.evaluate("networkProbe.sampleEveryMs = 0")
        page.keyboard.up("ArrowLeft")
        notes = _notes(page, relay.started_s)
    return Recording(
        sender=sender,
        profile=profile.name,
        codec=str((after or before or {}).get("mimeType")),
        measured_from_s=from_s,
        measured_to_s=to_s,
        turning_from_s=turning_from_s,
        inbound_before=before or {},
        inbound_after=after or {},
        counters=relay.counters,
        cpu=cpu,
        packets=relay.packets,
        **notes,
    )


def _through_relay(relay: Relay, route: Route) -> None:
    """Answer the page's offer with the server's answer, but for the candidates: the relay is the only one."""
    if route.request.method != "POST":
        route.fallback()
        return
    response = route.fetch()
    if response.status != 201:
        route.fulfill(response=response)
        return
    answer = response.text()
    entrance = relay.open_path(host_candidate(answer))
    route.fulfill(response=response, body=with_candidate(answer, entrance))


def _notes(page: Page, started_s: float) -> dict[str, Any]:
    """What the probe kept, on the relay's clock."""
    origin_s = _page_clock_origin_s(page) - started_s

    def at_s(page_ms: float) -> float:
        return origin_s + page_ms / 1e3

    taken: dict[str, Any] = page.evaluate(
        """() => ({
            inputs: networkProbe.inputs,
            frames: networkProbe.frames.map((f) => [f.atMs, f.rtp, f.presented, f.width, f.height, f.bits]),
            samples: networkProbe.samples.map((s) => [s.atMs, s.bits, s.width, s.height]),
            connections: networkProbe.connections.length,
        })"""
    )
    frames = []
    for page_ms, rtp, presented, width, height, bits in taken["frames"]:
        seq, picture = _decoded(bits)
        frames.append(FrameSeen(at_s(page_ms), rtp, presented, width or 0, height or 0, seq, picture))
    samples = []
    for index, (page_ms, bits, width, height) in enumerate(taken["samples"]):
        pixels = base64.b64decode(page.evaluate("(index) => networkProbe.pixels(index)", index))
        luma = np.frombuffer(pixels, np.uint8).reshape(height, width)
        samples.append(Sample(at_s(page_ms), _decoded(bits)[1], luma))
    return {
        "inputs": [InputSent(seq, at_s(page_ms), yaw_rad) for seq, page_ms, yaw_rad in taken["inputs"]],
        "frames": frames,
        "samples": samples,
        "connections": taken["connections"],
    }


def _decoded(bits: int | None) -> tuple[int | None, int | None]:
    read = None if bits is None else decode(bits)
    return (None, None) if read is None else read


def _page_clock_origin_s(page: Page) -> float:
    """When the page's clock was 0, on ours: of the quickest reading, as it is the most exact one."""
    readings = []
    for _ in range(CLOCK_READINGS):
        asked_s = time.monotonic()
        page_s = float(page.evaluate("performance.now()")) / 1e3
        answered_s = time.monotonic()
        readings.append((answered_s - asked_s, (asked_s + answered_s) / 2.0 - page_s))
    return min(readings)[1]

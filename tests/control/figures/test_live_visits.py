"""What Prometheus sees of the visits of now."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from control.figures.live_visits import LiveVisits, VisitFigures
from control.figures.metrics import NodeMetrics
from control.figures.visit_quality import VisitQuality
from control.wire import InboundAudio, InboundVideo, PageStats, Stats
from stream.peer_stats import OutboundRtpStats, OutboundVideoStats, PeerStats, RemoteInboundRtpStats

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"


def figures(packets_sent: int = 0, received: Stats | None = None, **more: object) -> VisitFigures:
    return VisitFigures(PeerStats(OutboundVideoStats("video/H264", packets_sent, **more)), received)


@pytest.fixture
def live() -> LiveVisits:
    return LiveVisits()


def value(live: LiveVisits, name: str, **labels: str) -> float | None:
    registry = CollectorRegistry()
    registry.register(live)
    return registry.get_sample_value(name, labels)


SENT = "edge_render_outbound_rtp_packets_sent_total"


def test_each_visit_has_series_of_its_own_while_it_lasts(live: LiveVisits) -> None:
    with live.watched(lambda: figures(10)) as first, live.watched(lambda: figures(20)) as second:
        assert value(live, SENT, visit=str(first), kind="video") == 10
        assert value(live, SENT, visit=str(second), kind="video") == 20
    assert value(live, SENT, visit="1", kind="video") is None


def test_numbers_are_used_again_so_that_series_do_not_grow_without_bound(live: LiveVisits) -> None:
    for _ in range(3):
        with live.watched(figures) as first, live.watched(figures) as second:
            assert (first, second) == (1, 2)


def test_the_lowest_free_number_is_given(live: LiveVisits) -> None:
    first = live.watched(figures)
    assert first.__enter__() == 1
    with live.watched(figures) as second:
        assert second == 2
        first.__exit__(None, None, None)
        with live.watched(figures) as third:
            assert third == 1


def test_figures_are_read_when_they_are_asked_for(live: LiveVisits) -> None:
    sent = 1
    with live.watched(lambda: figures(sent)):
        assert value(live, SENT, visit="1", kind="video") == 1
        sent = 7
        assert value(live, SENT, visit="1", kind="video") == 7


def test_what_limits_the_picture_and_for_how_long(live: LiveVisits) -> None:
    read = figures(quality_limitation_reason="cpu", quality_limitation_durations={"none": 3.0, "cpu": 1.5})
    with live.watched(lambda: read):
        durations = "edge_render_outbound_rtp_quality_limitation_durations_seconds_total"
        assert value(live, durations, visit="1", reason="cpu") == 1.5
        labels = {"mime_type": "video/H264", "encoder_implementation": "", "quality_limitation_reason": "cpu"}
        assert value(live, "edge_render_outbound_rtp_info", visit="1", kind="video", **labels) == 1.0


def test_what_the_page_says_stands_beside_what_the_node_sent(live: LiveVisits) -> None:
    received = Stats(
        type="stats",
        video=InboundVideo(frames_decoded=99, freeze_count=2, total_freezes_duration=0.75),
        audio=InboundAudio(concealed_samples=480),
    )
    with live.watched(lambda: figures(received=received)):
        assert value(live, "edge_render_inbound_rtp_frames_decoded_total", visit="1", kind="video") == 99
        freezes = "edge_render_inbound_rtp_total_freezes_duration_seconds_total"
        assert value(live, freezes, visit="1", kind="video") == 0.75
        assert value(live, "edge_render_inbound_rtp_concealed_samples_total", visit="1", kind="audio") == 480
        assert value(live, "edge_render_inbound_rtp_pli_count_total", visit="1", kind="video") is None, "not said"


def test_sound_has_the_same_names_and_another_kind(live: LiveVisits) -> None:
    remote = RemoteInboundRtpStats(3, 0.25, 0.002, 0.04, 0.08, 2)
    peer = PeerStats(OutboundVideoStats("video/H264"), OutboundRtpStats("audio/opus", 50, 9000), None, remote)
    with live.watched(lambda: VisitFigures(peer, None)):
        assert value(live, SENT, visit="1", kind="audio") == 50
        assert value(live, "edge_render_remote_inbound_rtp_jitter_seconds", visit="1", kind="audio") == 0.002


def test_an_ended_visit_goes_into_the_histograms() -> None:
    metrics = NodeMetrics()
    remote = RemoteInboundRtpStats(5, 0.0, 0.0, 0.02, 0.06, 3)
    peer = PeerStats(OutboundVideoStats("video/H264", 1000, retransmitted_packets_sent=20), remote_video=remote)
    page = PageStats(motion_freezes_duration=1.0, input_to_photon_median=0.045)
    received = Stats(type="stats", video=InboundVideo(total_freezes_duration=30.0), page=page)
    metrics.count_visit(VisitQuality.of(VisitFigures(peer, received), 50.0))
    for name, expected in (
        ("duration_seconds", 50.0),
        ("retransmitted_ratio", 0.02),
        ("loss_ratio", 0.005),
        ("round_trip_seconds", 0.02),
        ("freeze_ratio", 0.02),
        ("input_to_photon_seconds", 0.045),
    ):
        assert metrics.registry.get_sample_value(f"edge_render_visit_{name}_sum") == pytest.approx(expected)
        assert metrics.registry.get_sample_value(f"edge_render_visit_{name}_count") == 1


def test_a_page_that_lies_can_not_spoil_the_histograms() -> None:
    metrics = NodeMetrics()
    received = Stats(type="stats", page=PageStats(motion_freezes_duration=1e9))
    metrics.count_visit(VisitQuality.of(figures(received=received), 10.0))
    assert metrics.registry.get_sample_value("edge_render_visit_freeze_ratio_sum") == 1.0


def test_operators_find_every_metric_in_the_documentation() -> None:
    text = OPERATIONS.read_text(encoding="utf-8")
    for family in NodeMetrics().registry.collect():
        name = family.name + ("_total" if family.type == "counter" else "")
        short = name.removeprefix("edge_render_")
        for group in ("outbound_rtp", "remote_inbound_rtp", "candidate_pair", "sender", "page", "inbound_rtp"):
            short = short.removeprefix(f"{group}_")
        assert f"`{name}" in text or f"`{short}`" in text, name

"""The round trip, measured by reports that answer each other."""

from __future__ import annotations

import pytest
from aiortc.rtp import RtcpReceiverInfo

from stream.media_clock import ntp_time
from stream.webrtc.receiver_reports import REPORTS_KEPT, ReceiverReports

UNIX_S = 1_790_000_000.0


def answer(
    sent_s: float, after_s: float = 0.0, *, lost: int = 0, fraction: int = 0, jitter: int = 0
) -> RtcpReceiverInfo:
    """To the report that was sent at that time, by a receiver that waited so long."""
    lsr = ntp_time(UNIX_S + sent_s) >> 16 & 0xFFFFFFFF
    return RtcpReceiverInfo(
        ssrc=1,
        fraction_lost=fraction,
        packets_lost=lost,
        highest_sequence=0,
        jitter=jitter,
        lsr=lsr,
        dlsr=round(after_s * 65536),
    )


def reports_sent_at(*sent_s: float) -> ReceiverReports:
    reports = ReceiverReports(90_000)
    for one_s in sent_s:
        reports.on_sent(ntp_time(UNIX_S + one_s), one_s)
    return reports


def test_nothing_is_known_before_the_first_report() -> None:
    assert reports_sent_at(0.0).stats is None


def test_the_time_that_the_receiver_waited_is_not_the_links() -> None:
    reports = reports_sent_at(1.0)
    reports.on_report(answer(1.0, 0.7, lost=3, fraction=64, jitter=900), 1.75)
    stats = reports.stats
    assert stats is not None
    assert stats.round_trip_time == pytest.approx(0.05, abs=1e-4)
    assert (stats.packets_lost, stats.fraction_lost, stats.jitter) == (3, 0.25, 0.01)


def test_an_answer_to_the_report_before_is_measured_by_that_one() -> None:
    reports = reports_sent_at(1.0, 2.0)
    reports.on_report(answer(1.0, 1.0), 2.04)
    assert reports.stats is not None
    assert reports.stats.round_trip_time == pytest.approx(0.04, abs=1e-4)


def test_measurements_are_summed_and_smoothed() -> None:
    reports = reports_sent_at(1.0, 2.0)
    reports.on_report(answer(1.0), 1.1)
    reports.on_report(answer(2.0), 2.2)
    stats = reports.stats
    assert stats is not None
    assert stats.total_round_trip_time == pytest.approx(0.3)
    assert stats.round_trip_time_measurements == 2
    assert reports.smoothed_round_trip_s == pytest.approx(0.85 * 0.1 + 0.15 * 0.2)


@pytest.mark.parametrize("report", [answer(7.0), answer(1.0, 9.0)])
def test_an_answer_that_can_not_be_measures_nothing(report: RtcpReceiverInfo) -> None:
    reports = reports_sent_at(1.0)
    reports.on_report(report, 1.1)
    assert reports.stats is not None
    assert reports.stats.round_trip_time is None


def test_only_the_newest_reports_are_kept() -> None:
    reports = reports_sent_at(*map(float, range(REPORTS_KEPT + 1)))
    reports.on_report(answer(0.0), 99.0)
    assert reports.stats is not None
    assert reports.stats.round_trip_time is None

"""The report says what was measured, stands alone, and lets nothing through that is not text."""

from __future__ import annotations

import math
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.visitors.charts import Axes, Series, cumulative, line_chart, ticks
from bench.visitors.ramp import Bounds, StepFigures, figures_of
from bench.visitors.report import judged, report_page, write_report
from bench.visitors.run_record import RecordError, Row, RunRecord, read_record, write_record
from tests.bench.visitors.test_ramp import seconds_of


def step(visitors: int, delay_ms: int) -> StepFigures:
    return figures_of(visitors, 1.0, seconds_of(visitors, delay_ms), Bounds())


RECORD = RunRecord(
    network="4g",
    began="2026-11-25T10:00:00+0000",
    lasted_s=75.0,
    conditions={"seed": "7", "about": "<script>alert(1)</script>", "node on the load generator's machine": "yes"},
    bounds={"delay_p95_ms": 150.0, "fps": 24.0, "frozen_share": 0.02, "failed": 0.0},
    capacity=3,
    limited_by="input to frame p95 400 ms, at most 150",
    steps=[step(1, 60), step(3, 90), step(5, 400), step(5, 410)],
    rows={"time to first frame": Row(5, 210.0, {"p50": 200.0, "p90": 240.0, "p95": 250.0, "p99": 260.0}, 260.0)},
    tally={"packets_lost": 3.0},
    failures={"WHEP join: <b>not admitted</b>": 2},
)


class Elements(HTMLParser):
    """Every element opened is closed; keeps the names and the addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def elements(page: str) -> Elements:
    found = Elements()
    found.feed(page)
    found.close()
    assert found.open == []
    return found


def test_the_page_stands_alone_and_is_well_formed() -> None:
    page = report_page([RECORD, replace(RECORD, network="", capacity=5)])
    found = elements(page)
    assert found.addresses == []
    assert "script" not in found.names
    assert "b" not in found.names
    assert found.names.count("svg") == 8
    assert "url(" not in page
    assert "&lt;script&gt;" in page


def test_it_says_capacity_delay_and_conditions() -> None:
    page = report_page([RECORD])
    assert "<strong>3 visitors</strong> at a time" in page
    assert "within 90 ms, without a freeze" in page
    assert "shared one machine" in page
    assert "<dt>seed</dt><dd>7</dd>" in page
    assert "2026-11-25T10:00:00+0000, 75 s" in page


def test_a_run_is_judged_where_its_capacity_was() -> None:
    found = judged(RECORD)
    assert found is not None
    assert found.visitors == 3
    broken = replace(RECORD, capacity=0, steps=[step(1, 400), step(1, 410)])
    assert "the bounds did not hold for 1 visitors" in report_page([broken])
    assert "stopped before anything could be judged" in report_page([replace(RECORD, capacity=0, steps=[])])
    held = replace(RECORD, capacity=None, limited_by="all bounds held", steps=[step(4, 60)])
    assert "4 visitors: all bounds held" in report_page([held])


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_record(RECORD, tmp_path / "a" / "run.json")
    assert read_record(tmp_path / "a" / "run.json") == RECORD
    write_report([RECORD], tmp_path / "b" / "report.html")
    assert (tmp_path / "b" / "report.html").read_text(encoding="utf-8") == report_page([RECORD])


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 2}', '{"format": 1, "steps": [3], "rows": {}}'])
def test_what_is_no_record_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "run.json"
    file.write_text(content)
    with pytest.raises(RecordError, match=r"run\.json"):
        read_record(file)
    with pytest.raises(RecordError, match="can't be read"):
        read_record(tmp_path / "missing.json")


@given(st.floats(1e-3, 1e9))
def test_ticks_are_round_and_reach_over_the_highest(highest: float) -> None:
    found = ticks(highest)
    assert 2 <= len(found) <= 7
    assert found[0] == 0.0
    assert found[-1] >= highest * (1.0 - 1e-6)


@given(st.integers(1, 10_000))
def test_ticks_of_things_that_are_counted_are_whole(highest: int) -> None:
    assert all(value == round(value) for value in ticks(float(highest), whole=True))


def test_charts_leave_out_what_is_no_number() -> None:
    axes = Axes("delay & more", "visitors", "ms")
    chart = line_chart(axes, [Series("p95", [(1.0, 10.0), (2.0, math.nan), (3.0, 30.0)], "first")])
    elements(chart)
    assert "nan" not in chart
    assert chart.count("<circle") == 2
    assert "delay &amp; more" in chart
    elements(line_chart(axes, []))


@given(st.dictionaries(st.integers(0, 10_000), st.integers(1, 1000)))
def test_a_distribution_rises_to_a_hundred(counts: dict[int, int]) -> None:
    points = cumulative(counts)
    shares = [share for _, share in points]
    assert shares == sorted(shares)
    assert not counts or shares[-1] == pytest.approx(100.0)

"""Visits as a table for spreadsheets: CSV (RFC 4180), in UTF-8 with a byte order mark, which Excel asks for."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias, get_args

from control.admin.database import Database
from control.admin.sites.visit_queries import VisitRange, visit_rows
from control.admin.sites.visits import HOUR_S
from control.admin.tables import VisitHour
from control.content.edge_api import DeviceClass, Language, VisitTotals

Table: TypeAlias = Literal["visits", "scenes", "taps"]
Cell: TypeAlias = str | int | float

_PAGE_ROWS: Final = 1000
_DEVICES: Final[tuple[DeviceClass, ...]] = get_args(DeviceClass)
_LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
_OF_ALL: Final = ("hour_utc", "site", "showroom", "version")
_QUALITY: Final = (
    "visits_measured",
    "round_trip_ms_sum",
    "input_to_photon_ms_sum",
    "loss_ratio_sum",
    "freeze_ratio_sum",
)
HEADERS: Final[dict[Table, tuple[str, ...]]] = {
    "visits": (
        *_OF_ALL,
        "visits",
        "visit_s",
        *(f"device_{name}" for name in _DEVICES),
        *(f"language_{name}" for name in _LANGUAGES),
        *_QUALITY,
    ),
    "scenes": (*_OF_ALL, "scene", "entered", "dwell_s"),
    "taps": (*_OF_ALL, "scene", "hotspot", "taps"),
}


def csv_chunks(database: Database, asked: VisitRange, table: Table) -> Iterator[str]:
    """The table in pieces. Each is read by itself, so that a slow reader holds no transaction."""
    yield "\ufeff" + _lines([HEADERS[table]])
    last: VisitHour | None = None
    while True:
        with database.reading() as session:
            rows = visit_rows(session, asked, _PAGE_ROWS, last)
        if not rows:
            return
        yield _lines(line for row in rows for line in _cells(row, table))
        last = rows[-1]


def _cells(row: VisitHour, table: Table) -> Iterator[Sequence[Cell]]:
    hour = datetime.fromtimestamp(row.hour * HOUR_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    key = (hour, row.site, row.showroom, row.version)
    totals = VisitTotals.model_validate(row.totals)
    if table == "visits":
        counts = (
            *(totals.devices.get(name, 0) for name in _DEVICES),
            *(totals.languages.get(n, 0) for n in _LANGUAGES),
        )
        quality = (getattr(totals.quality, name) for name in _QUALITY)
        yield (*key, totals.visits, totals.visit_s, *counts, *quality)
        return
    for scene in totals.scenes:
        if table == "scenes":
            yield (*key, scene.scene, scene.entered, scene.dwell_s)
        else:
            yield from ((*key, scene.scene, hotspot, taps) for hotspot, taps in scene.taps.items())


def _lines(rows: Iterable[Sequence[Cell]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([[_harmless(cell) for cell in row] for row in rows])
    return text.getvalue()


def _harmless(cell: Cell) -> Cell:
    """Spreadsheets take a text that begins so for a formula (OWASP, CSV injection)."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell

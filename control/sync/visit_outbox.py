"""What was counted of visits and is not yet acknowledged by the admin: ``visits/``, oldest first.

Blocking; one thread at a time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import structlog
from pydantic import ValidationError

from control.content.edge_api import VisitReport
from control.sync.durable import remove_temporary, write_whole

KEPT_MAX: Final = 10_000
"""A week without the admin, at a report a minute."""
log = structlog.get_logger(__name__)


class VisitOutbox:
    """The folder of reports within a content folder."""

    def __init__(self, folder: Path) -> None:
        """Make the folder where there is none. Raises OSError."""
        self._folder = folder / "visits"
        self._folder.mkdir(exist_ok=True)
        remove_temporary(self._folder)

    def put(self, report: VisitReport) -> None:
        """Keep it; the oldest go where there are too many. Raises OSError."""
        write_whole(self._path(report), report.model_dump_json().encode())
        names = self._names()
        for name in names[: max(len(names) - KEPT_MAX, 0)]:
            log.error("visit_report_dropped", report=name, reason=f"more than {KEPT_MAX} wait for the admin")
            (self._folder / name).unlink()

    def oldest(self) -> VisitReport | None:
        """The one to send next. One that can't be read is deleted. Raises OSError."""
        for name in self._names():
            path = self._folder / name
            try:
                return VisitReport.model_validate_json(path.read_bytes())
            except ValidationError as error:
                log.error("visit_report_damaged", report=name, reason=str(error).splitlines()[0])
                path.unlink()
        return None

    def drop(self, report: VisitReport) -> None:
        """It was acknowledged."""
        self._path(report).unlink(missing_ok=True)

    def _names(self) -> list[str]:
        return sorted(path.name for path in self._folder.glob("*.json") if not path.name.startswith("."))

    def _path(self, report: VisitReport) -> Path:
        return self._folder / f"{int(report.made_at * 1000):015d}-{report.report_id}.json"

"""One validation: a package's files in a folder, ``edge-render validate`` on them in a process apart, and what it said.

Whatever becomes of the process is a finding: its content is of others, and may be made to break it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import structlog
from pydantic import ValidationError

from control.admin.publishing.child_process import EDGE_RENDER, Limits, confined_process
from control.admin.publishing.report import Finding, Report
from control.content.names import EdgeClass, Title
from control.content.release import MANIFEST_PATH

log = structlog.get_logger(__name__)

PACKAGE: Final = "package"
"""The package's folder in the folder of a validation."""
_PICTURES: Final = "pictures"
_REPORT_MAX_BYTES: Final = 32 * 2**20
_PICTURE_MAX_BYTES: Final = 2**20
_PICTURES_MAX: Final = 100
"""As ``edge-render validate`` draws."""
PICTURE_TYPE: Final = "image/webp"


@dataclass(frozen=True, slots=True)
class Validated:
    """``report`` lacks what only the admin knows (revision, times); ``pictures`` by their names."""

    report: Report
    pictures: dict[str, bytes]


async def validate_folder(
    folder: Path, edge_class: EdgeClass, limits: Limits, wall_s: float, command: Sequence[str] = EDGE_RENDER
) -> Validated:
    """Validate ``folder/package``. It may be cancelled; the process ends with it."""
    asked = (
        "validate",
        PACKAGE,
        "--json",
        "--edge-class",
        edge_class,
        "--pictures",
        _PICTURES,
        "--cache-folder",
        "cache",
    )
    try:
        async with confined_process([*command, *asked], folder, limits, offline=True) as confined:
            async with asyncio.timeout(wall_s):
                status = await confined.process.wait()
            said = await asyncio.to_thread(confined.said, _REPORT_MAX_BYTES)
            complained = confined.complained()
    except TimeoutError:
        return failed(f"it took longer than {wall_s:.0f} s, and was ended: make it smaller", "VALIDATION_TIMEOUT")
    report = None if said is None else _report(said, folder)
    if status not in (0, 1) or report is None:
        log.warning("validation_failed", status=status, stderr=complained)
        return failed(_epitaph(status), "VALIDATION_FAILED")
    pictures = await asyncio.to_thread(_take_pictures, report, folder / _PICTURES)
    kept = tuple(picture for picture in report.pictures if picture.file in pictures)
    return Validated(report.model_copy(update={"pictures": kept}), pictures)


def failed(message: str, code: str) -> Validated:
    """One that came to no report."""
    finding = Finding(severity="error", message=message, code=code)
    return Validated(Report(findings=(finding,)), {})


def _epitaph(status: int) -> str:
    if status == 3:
        return "nothing can be drawn on this machine; its operator finds the reason in the log"
    if status == -signal.SIGXCPU:
        return "it took more time of the processor than a validation may: make it smaller"
    if status == -signal.SIGKILL:
        return "its process was killed, most likely as it took more memory than there is: make it smaller"
    if status < 0:
        return (
            f"its process was ended by {signal.Signals(-status).name}: a file of it breaks the loader or the renderer"
        )
    return "its process broke off, most likely as it took more memory than a validation may: make it smaller"


def _report(said: bytes, folder: Path) -> Report | None:
    """With paths as they are in the package, and not on this machine."""
    try:
        told = json.loads(said)
        if not isinstance(told, dict):
            return None
        title, wrong = _title(told.pop("title", None))
        report = Report.model_validate(told)
    except (ValueError, RecursionError):  # ValidationError is a ValueError
        return None
    if title is None and not (wrong or report.errors):
        return None
    inside = (
        finding.model_copy(update={"file": _inside(finding.file), "message": _without(finding.message, folder)})
        for finding in report.findings
    )
    return report.model_copy(
        update={
            "title": title,
            "findings": (*wrong, *inside),
            "models": tuple(facts.model_copy(update={"file": _inside(facts.file)}) for facts in report.models),
        }
    )


def _title(told: object) -> tuple[Title | None, tuple[Finding, ...]]:
    """The title of a release is shorter than a text of a package may be."""
    if told is None:
        return None, ()
    try:
        return Title.model_validate(told), ()
    except ValidationError as error:
        message = f"can't be a release's: {error.errors()[0]['msg']}"
        return None, (
            Finding(severity="error", file=MANIFEST_PATH, place="title", message=message, code="TITLE_INVALID"),
        )


def _inside(file: str) -> str:
    return file.removeprefix(f"{PACKAGE}/")


def _without(message: str, folder: Path) -> str:
    for root in (folder, folder.resolve()):
        message = message.replace(f"{root}/{PACKAGE}/", "").replace(f"{root}/", "")
    return message.replace(f"{PACKAGE}/", "")


def _take_pictures(report: Report, folder: Path) -> dict[str, bytes]:
    """What the process wrote there, if it is what it should be: it may have been taken over by its content."""
    taken: dict[str, bytes] = {}
    for picture in islice(report.pictures, _PICTURES_MAX):
        try:
            descriptor = os.open(folder / picture.file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            log.warning("picture_not_taken", picture=picture.file, reason=str(error))
            continue
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            data = file.read(_PICTURE_MAX_BYTES + 1) if stat.S_ISREG(status.st_mode) else b""
        if len(data) <= _PICTURE_MAX_BYTES and data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            taken[picture.file] = data
    return taken

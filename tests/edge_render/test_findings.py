"""How what is wrong is told: in a line, in order, and never with what a file could steer a terminal by."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge_render.errors import ModelError
from edge_render.findings import Finding, FindingLog, Severity, first_error, place_of, printable


def test_a_finding_is_a_line() -> None:
    finding = Finding(Severity.DEFECT, "hall.glb", "nodes[3].rotation", "has length 2", "ROTATION_NON_UNIT")
    assert str(finding) == "hall.glb: nodes[3].rotation: defect: has length 2 [ROTATION_NON_UNIT]"


def test_places_are_as_in_the_file() -> None:
    assert place_of(("meshes", 2, "primitives", 0, "attributes", "POSITION")) == (
        "meshes[2].primitives[0].attributes.POSITION"
    )


def test_errors_come_first_and_the_first_is_told_with_the_number_of_the_others() -> None:
    log = FindingLog("hall.glb")
    log.warning("", "odd", "ODD")
    log.error("scene", "3 is out of range", "UNRESOLVED_REFERENCE")
    log.error("nodes[0].mesh", "1 is out of range", "UNRESOLVED_REFERENCE")
    assert log.refused
    assert [finding.severity for finding in log.findings()] == [Severity.ERROR, Severity.ERROR, Severity.WARNING]
    assert first_error(log.findings()) == "hall.glb: scene: 3 is out of range (and 1 more)"


def test_without_errors_there_is_none_to_tell() -> None:
    log = FindingLog("hall.glb")
    log.defect("", "odd", "ODD")
    assert not log.refused
    assert first_error(log.findings()) is None


def test_a_raised_error_is_told_with_its_place() -> None:
    log = FindingLog("/branch/hall.glb")
    log.raised(ModelError("hall.glb: images[2]: can't be decoded: cut off"), "DECODING_FAILED")
    log.raised(ModelError("something else: is wrong"), "DECODING_FAILED")
    assert [(finding.place, finding.message) for finding in log.findings()] == [
        ("images[2]", "can't be decoded: cut off"),
        ("", "something else: is wrong"),
    ]


@given(st.text())
def test_a_text_of_a_file_is_short_and_harmless_in_a_message(text: str) -> None:
    assert printable(text).isprintable()
    assert len(printable(text)) <= 121 * len("\\U0010ffff")

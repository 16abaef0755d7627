"""How a visit is named towards its visitor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.gateway.references import VisitReference, is_visit, read_reference


def test_a_reference_is_read_as_it_is_written() -> None:
    reference = VisitReference("0b8f5c1e-3d0a-4e8e-9d5d-6a3f9b0c1d2e", "Zm9v_-x")
    assert read_reference(str(reference)) == reference


@pytest.mark.parametrize(
    "text", ["", "r1", "~", "r1~", "~v", "r1~v/../x", "r 1~v", "r1~v~w", "r1~" + "v" * 65, "r1~v\n"]
)
def test_what_is_none_is_not_read(text: str) -> None:
    assert read_reference(text) is None


@given(st.text(max_size=80))
def test_whatever_is_read_can_be_a_part_of_an_address(text: str) -> None:
    reference = read_reference(text)
    assert reference is None or (str(reference) == text and is_visit(reference.visit))

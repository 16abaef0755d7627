"""Which bytes a request wants."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.admin.storage.byte_range import ByteRange, NotSatisfiable, parse_range


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, None),
        ("bytes=0-0", ByteRange(0, 1)),
        ("bytes=2-5", ByteRange(2, 6)),
        ("bytes=2-", ByteRange(2, 10)),
        ("bytes=2-999", ByteRange(2, 10)),
        ("bytes=-3", ByteRange(7, 10)),
        ("bytes=-999", ByteRange(0, 10)),
        ("Bytes = 1-2", ByteRange(1, 3)),
        ("bytes=5-2", None),
        ("bytes=-", None),
        ("bytes=0-1,3-4", None),
        ("lines=1-2", None),
        ("bytes=a-b", None),
        ("bytes=" + "9" * 40 + "-", None),
    ],
)
def test_of_ten_bytes(header: str | None, wanted: ByteRange | None) -> None:
    assert parse_range(header, 10) == wanted


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10-", 10), ("bytes=10-12", 10), ("bytes=-0", 10), ("bytes=-1", 0)]
)
def test_what_is_not_there(header: str, size: int) -> None:
    with pytest.raises(NotSatisfiable):
        parse_range(header, size)


@given(st.text(max_size=40) | st.from_regex(r"bytes=[0-9]*-[0-9]*", fullmatch=True), st.integers(0, 100))
def test_any_header_is_understood_or_ignored(header: str, size: int) -> None:
    try:
        wanted = parse_range(header, size)
    except NotSatisfiable:
        return
    assert wanted is None or 0 <= wanted.start < wanted.end <= size

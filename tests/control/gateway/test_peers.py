"""What gateways tell each other of who waits, as it is on the wire."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.gateway.ndjson import StreamBroken
from control.gateway.peers import read_telling
from control.gateway.waiting_line import Told, Waiting


def test_a_line_says_who_waits_and_who_has_entered() -> None:
    line = b'{"waiting":[["a",1.5,null],["b",2,"lobby"]],"entered":["c"],"of a later version":1}\n'
    assert read_telling(line) == Told([Waiting("a", 1.5), Waiting("b", 2.0, "lobby")], ["c"])


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b'{"waiting":[["a",NaN,null]]}',
        b'{"waiting":[["a",1]]}',
        b'{"entered":[7]}',
        b'{"waiting":[["%s",1,null]]}' % (b"x" * 100),
        json.dumps({"entered": ["x"] * 5000}).encode(),
    ],
)
def test_a_line_that_is_none_breaks_the_stream(line: bytes) -> None:
    with pytest.raises(StreamBroken, match="can't be read"):
        read_telling(line)


@given(st.binary(max_size=200))
def test_nothing_else_comes_of_garbage(line: bytes) -> None:
    with suppress(StreamBroken):
        assert read_telling(line) == Told([], [])

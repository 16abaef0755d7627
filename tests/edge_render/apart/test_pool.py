"""Decoder processes: what goes in comes out, and what goes wrong in one is an error and nothing more."""

from __future__ import annotations

import io

import DracoPy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_render.apart.pool import Job, decode_apart
from edge_render.apart.wire import WireError, receive, send

MEBIBYTE = 1024 * 1024
POINTS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]], np.float32)
FACES = np.array([[0, 1, 2], [2, 1, 3]], np.uint32)
CODED = DracoPy.encode(POINTS, FACES, preserve_order=True)


def _draco(data: bytes, working_bytes: int = MEBIBYTE) -> Job:
    return Job("draco", np.frombuffer(data, np.uint8), working_bytes)


def test_results_are_in_the_order_of_the_jobs_and_bad_ones_harm_no_other() -> None:
    good, bad, empty, again = decode_apart([_draco(CODED), _draco(CODED[:20]), _draco(b""), _draco(CODED)])
    for decoded in (good, again):
        assert decoded.error is None
        assert decoded.arrays[0].tolist() == FACES.tolist()
        assert decoded.arrays[1] == pytest.approx(POINTS, abs=0.01)
    assert "Draco" in bad.error
    assert empty.error is not None


def test_a_result_larger_than_agreed_is_not_taken() -> None:
    (decoded,) = decode_apart([_draco(CODED, working_bytes=16)])
    assert "more bytes than were asked for" in decoded.error


def test_a_process_that_dies_is_told_of_and_replaced() -> None:
    # Too little address space to go on living in.
    crash = Job("draco", np.frombuffer(CODED, np.uint8), -2 * 1024 * MEBIBYTE)
    results = decode_apart([crash, _draco(CODED), crash, _draco(CODED)])
    assert [decoded.error is None for decoded in results] == [False, True, False, True]


def test_a_job_that_takes_too_long_is_given_up() -> None:
    (decoded,) = decode_apart([_draco(CODED)], job_max_s=0.0)
    assert "longer" in decoded.error


def test_results_that_are_too_much_together_are_not_taken() -> None:
    result_bytes = FACES.nbytes + POINTS.nbytes
    many = [_draco(CODED)] * 100
    results = decode_apart(many, results_max_bytes=10 * result_bytes + 1)
    assert sum(decoded.error is None for decoded in results) == 10
    assert {decoded.error for decoded in results} == {
        None,
        f"with it, all that is decoded has more than {10 * result_bytes + 1} bytes",
    }
    assert all(decoded.error is None for decoded in decode_apart(many[:10], results_max_bytes=10 * result_bytes))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_what_a_process_says_is_not_trusted(answer: bytes) -> None:
    try:
        head, arrays = receive(io.BytesIO(answer), max_bytes=1000)
    except WireError:
        return
    assert sum(array.nbytes for array in arrays) <= 1000
    assert isinstance(head, dict)


@pytest.mark.parametrize(
    "line", [b'{"arrays": [{"dtype": "|O", "shape": [1]}]}\n', b'{"arrays": [{"dtype": "<f4", "shape": [1000000]}]}\n']
)
def test_objects_and_more_than_was_asked_for_are_refused(line: bytes) -> None:
    with pytest.raises(WireError):
        receive(io.BytesIO(line), max_bytes=1000)


def test_a_message_arrives_as_it_was_sent() -> None:
    stream = io.BytesIO()
    send(stream, {"facts": {"a": 1}}, [np.arange(6, dtype=np.uint32).reshape(2, 3).T, np.zeros((0, 3), np.float32)])
    stream.seek(0)
    head, arrays = receive(stream, max_bytes=100)
    assert head == {"facts": {"a": 1}}
    assert arrays[0].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert arrays[1].shape == (0, 3)

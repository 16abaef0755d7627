from __future__ import annotations

from control.input import InputDecoder
from control.input.decoder import COMMAND_RATE_PER_S, ERROR_RATE_PER_S
from control.wire import Error, Input, Ping


def _input(seq: int) -> str:
    return f'{{"type":"input","seq":{seq},"yaw":0,"pitch":0}}'


def test_an_input_that_was_overtaken_is_dropped() -> None:
    decoder = InputDecoder(now_s=0.0)
    assert isinstance(decoder.decode(_input(5), 0.01), Input)
    assert decoder.decode(_input(4), 0.02) is None
    assert decoder.decode(_input(5), 0.03) is None
    assert isinstance(decoder.decode(_input(6), 0.04), Input)


def test_a_bad_message_gets_an_error_that_names_the_field() -> None:
    answer = InputDecoder(0.0).decode('{"type":"ping","id":"x"}', 0.0)
    assert isinstance(answer, Error)
    assert answer.field == "ping.id"


def test_a_flood_of_garbage_is_answered_only_a_few_times() -> None:
    decoder = InputDecoder(0.0)
    answers = [decoder.decode("garbage", 0.0) for _ in range(1000)]
    assert sum(answer is not None for answer in answers) == ERROR_RATE_PER_S
    assert isinstance(decoder.decode(_input(1), 0.0), Input), "good messages still come through"


def test_too_many_commands_are_refused_and_time_heals_it() -> None:
    decoder = InputDecoder(0.0)
    ping = '{"type":"ping","id":1}'
    passed = [decoder.decode(ping, 0.0) for _ in range(100)]
    assert sum(isinstance(message, Ping) for message in passed) == COMMAND_RATE_PER_S
    assert isinstance(decoder.decode(ping, 1.0), Ping)

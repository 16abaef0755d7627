"""The relay between real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from bench.network.candidates import NoCandidate, host_candidate, with_candidate, without_candidates
from bench.network.impairment import Direction, Drop, Outage
from bench.network.relay import HEADER_BYTES, Address, Relay
from tests.waiting import WAIT_S


def udp() -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.settimeout(WAIT_S)
    one.bind(("127.0.0.1", 0))
    return one


@contextmanager
def echoing(seen: list[Address]) -> Iterator[Address]:
    """A server that sends every datagram back; ``seen`` collects the addresses that it saw."""
    with udp() as server:

        def serve() -> None:
            while (received := server.recvfrom(2048))[0] != b"end":
                seen.append(received[1])
                server.sendto(received[0], received[1])

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()
        with udp() as ender:
            ender.sendto(b"end", server.getsockname())
        thread.join()


def test_each_visitor_has_an_address_of_its_own_towards_the_server() -> None:
    seen: list[Address] = []
    with echoing(seen) as server, Relay(Direction(), Direction(), 1) as relay, udp() as one, udp() as other:
        entrance = relay.open_path(server)
        for visitor, text in ((one, b"one"), (other, b"other"), (one, b"again")):
            visitor.sendto(text, entrance)
            assert visitor.recvfrom(2048) == (text, entrance)
    assert len(seen) == 3
    assert seen[0] == seen[2] != seen[1]
    up, down = relay.counters["up"], relay.counters["down"]
    assert (up.packets, up.dropped, down.packets, down.dropped) == (3, 0, 3, 0)
    assert up.sent_bytes == up.delivered_bytes == len(b"oneotheragain") + 3 * HEADER_BYTES
    assert sum(down.delivered_by_second.values()) == down.delivered_bytes


def test_order_is_kept_and_losses_are_counted() -> None:
    down = Direction(delay_ms=5.0, jitter_ms=4.0, loss=0.2)
    with echoing([]) as server, Relay(down, Direction(), 2, keep_packets=True) as relay, udp() as visitor:
        entrance = relay.open_path(server)
        for index in range(150):
            visitor.sendto(index.to_bytes(2, "big"), entrance)
        # All packets that will come have come once the last one that is not lost is there.
        arrived: list[int] = []
        visitor.settimeout(1.0)
        with suppress(TimeoutError):
            while True:
                arrived.append(int.from_bytes(visitor.recv(2048), "big"))
    assert arrived == sorted(arrived)
    assert len(arrived) == 150 - relay.counters["down"].drops[Drop.LOSS]
    assert 15 <= relay.counters["down"].dropped <= 45
    ups = [packet for packet in relay.packets if packet.way == "up"]
    assert [packet.head for packet in ups] == [index.to_bytes(2, "big") for index in range(150)]
    assert sum(packet.drop is not None for packet in relay.packets) == relay.counters["down"].dropped


def test_directions_are_impaired_each_on_its_own() -> None:
    up = Direction(outages=(Outage(0.0, 3600.0),))
    seen: list[Address] = []
    with echoing(seen) as server, Relay(Direction(), up, 1) as relay, udp() as visitor:
        visitor.sendto(b"lost", relay.open_path(server))
        visitor.settimeout(0.3)
        with pytest.raises(TimeoutError):
            visitor.recv(2048)
    assert seen == []
    assert relay.counters["up"].drops == {Drop.OUTAGE: 1}


def test_a_foreign_datagram_does_not_pass_to_the_visitor() -> None:
    seen: list[Address] = []
    with echoing(seen) as server, Relay(Direction(), Direction(), 1) as relay, udp() as visitor, udp() as foreigner:
        visitor.sendto(b"hello", relay.open_path(server))
        visitor.recv(2048)
        foreigner.sendto(b"boo", seen[0])
        visitor.sendto(b"again", relay.open_path(server))
        assert visitor.recv(2048) == b"again"


ANSWER = """v=0
m=video 9 UDP/TLS/RTP/SAVPF 97
a=candidate:x 1 udp 2130706431 fd00::2 40001 typ host
a=candidate:y 1 udp 2130706175 192.0.2.2 40002 typ host
a=end-of-candidates
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
a=candidate:y 1 udp 2130706175 192.0.2.2 40002 typ host
"""


def test_the_answer_names_the_relay_alone() -> None:
    assert host_candidate(ANSWER) == ("192.0.2.2", 40002)
    rewritten = with_candidate(ANSWER, ("192.0.2.2", 5))
    # Once for each section: a receiver may take them from whichever it likes.
    assert [line for line in rewritten.splitlines() if "candidate:" in line] == [
        "a=candidate:1 1 udp 2130706431 192.0.2.2 5 typ host"
    ] * 2
    assert rewritten.splitlines()[1] == "m=video 9 UDP/TLS/RTP/SAVPF 97"
    with pytest.raises(NoCandidate, match="interface"):
        host_candidate("v=0\n")
    assert "candidate:" not in without_candidates(ANSWER)
    assert "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" in without_candidates(ANSWER)

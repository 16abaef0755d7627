"""Datagrams of many connections come to one port, and each to its own."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from stream.webrtc.media_demux import (
    ADDRESSES_MAX,
    CHECKS_BURST,
    CHECKS_PER_S,
    PROOF_HOLDS_S,
    Address,
    Demultiplexer,
    DropReason,
    Member,
    requested_user,
)

HOME, OFFICE = ("198.51.100.7", 50_000), ("203.0.113.9", 61_000)
DTLS, RTCP = b"\x16\xfe\xfd hello", b"\x81\xcd feedback"


@dataclass
class Ear:
    """A connection that takes down what it gets."""

    media: list[bytes] = field(default_factory=list)
    checks: list[Address] = field(default_factory=list)

    def media_received(self, data: bytes) -> None:
        self.media.append(data)

    def stun_received(self, data: bytes, address: Address) -> None:
        self.checks.append(address)


def check(user: str) -> bytes:
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{user}:theirs"
    request.attributes["PRIORITY"] = 1
    request.add_message_integrity(b"password")
    return bytes(request)


def joined(demux: Demultiplexer, user: str, *addresses: Address) -> tuple[Ear, Member]:
    ear = Ear()
    member = demux.join(user, ear)
    for address in addresses:
        assert demux.prove(address, member, 0.0)
    return ear, member


def test_a_check_goes_to_the_connection_that_its_user_name_says() -> None:
    demux = Demultiplexer()
    (ann, _), (ben, _) = joined(demux, "ann"), joined(demux, "ben")
    demux.datagram(check("ben"), HOME, 0.0)
    assert (ann.checks, ben.checks) == ([], [HOME])


def test_all_else_goes_by_the_address_that_was_proven() -> None:
    demux = Demultiplexer()
    (ann, _), (ben, _) = joined(demux, "ann", HOME), joined(demux, "ben", OFFICE)
    for data in (DTLS, RTCP):
        demux.datagram(data, HOME, 0.0)
    assert (ann.media, ben.media) == ([DTLS, RTCP], [])


def test_an_address_that_was_only_claimed_is_nobody_s() -> None:
    demux = Demultiplexer()
    ann, _ = joined(demux, "ann")
    demux.datagram(check("ann"), HOME, 0.0)
    demux.datagram(DTLS, HOME, 0.0)
    assert ann.media == []
    assert demux.dropped[DropReason.UNKNOWN_ADDRESS] == 1


def test_an_answer_goes_to_who_asked() -> None:
    demux = Demultiplexer()
    ann, member = joined(demux, "ann")
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    answer = bytes(stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, request.transaction_id))
    demux.datagram(answer, HOME, 0.0)
    assert demux.dropped[DropReason.UNKNOWN_TRANSACTION] == 1
    demux.expect(request.transaction_id, member)
    demux.datagram(answer, HOME, 0.0)
    demux.forget(request.transaction_id, member)
    demux.datagram(answer, HOME, 0.0)
    assert ann.checks == [HOME]
    assert demux.dropped[DropReason.UNKNOWN_TRANSACTION] == 2


def test_a_visitor_cannot_take_the_address_of_another() -> None:
    """One who writes another's address on checks of a visit of their own, with its password."""
    demux = Demultiplexer()
    (ann, _), (eve, eves) = joined(demux, "ann", HOME), joined(demux, "eve")
    assert not demux.prove(HOME, eves, PROOF_HOLDS_S - 1)
    demux.datagram(DTLS, HOME, 1.0)
    assert (ann.media, eve.media) == ([DTLS], [])


def test_an_address_that_a_visitor_has_left_is_free_for_the_next() -> None:
    demux = Demultiplexer()
    (_, anns), (ben, bens) = joined(demux, "ann", HOME), joined(demux, "ben")
    assert demux.prove(OFFICE, anns, 10.0)
    assert demux.prove(HOME, bens, PROOF_HOLDS_S)
    demux.leave(anns)
    demux.datagram(DTLS, HOME, PROOF_HOLDS_S)
    assert ben.media == [DTLS], "what left last must not take it along"


def test_nothing_is_left_of_a_connection_that_ends() -> None:
    demux = Demultiplexer()
    ann, member = joined(demux, "ann", HOME, OFFICE)
    demux.expect(b"t" * 12, member)
    assert demux.sizes == (1, 2, 1)
    demux.leave(member)
    demux.leave(member)
    assert demux.sizes == (0, 0, 0)
    demux.datagram(check("ann"), HOME, 0.0)
    demux.datagram(DTLS, HOME, 0.0)
    assert (ann.checks, ann.media) == ([], [])


def test_a_connection_has_one_user_name() -> None:
    demux = Demultiplexer()
    joined(demux, "ann")
    with pytest.raises(ValueError, match="already"):
        demux.join("ann", Ear())


def test_a_flood_of_checks_is_bounded_for_each_connection() -> None:
    demux = Demultiplexer()
    (ann, _), (ben, _) = joined(demux, "ann"), joined(demux, "ben")
    for _ in range(1000):
        demux.datagram(check("ann"), HOME, 0.0)
    demux.datagram(check("ben"), OFFICE, 0.0)
    assert (len(ann.checks), len(ben.checks)) == (CHECKS_BURST, 1)
    assert demux.dropped[DropReason.TOO_MANY_CHECKS] == 1000 - CHECKS_BURST
    for _ in range(1000):
        demux.datagram(check("ann"), HOME, 1.0)
    assert len(ann.checks) == CHECKS_BURST + CHECKS_PER_S


def test_addresses_of_a_connection_are_bounded() -> None:
    demux = Demultiplexer()
    ann, member = joined(demux, "ann")
    proven = [demux.prove(("192.0.2.1", port), member, float(port)) for port in range(1, 200)]
    assert proven.count(True) == ADDRESSES_MAX
    demux.datagram(check("ann"), ("192.0.2.1", 199), 1e6)
    demux.datagram(check("ann"), ("192.0.2.1", 1), 1e6)
    assert ann.checks == [("192.0.2.1", 1)]
    assert demux.dropped[DropReason.TOO_MANY_ADDRESSES] == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", DropReason.STRANGE),
        (b"\x40\x00\x00\x04turn", DropReason.STRANGE),
        (b"\xc0 quic", DropReason.STRANGE),
        (b"\x00\x01", DropReason.MALFORMED),
        (check("ann")[:-1], DropReason.MALFORMED),
        (bytes(stun.Message(stun.Method.BINDING, stun.Class.REQUEST)), DropReason.MALFORMED),
        (bytes(stun.Message(stun.Method.ALLOCATE, stun.Class.REQUEST)), DropReason.UNKNOWN_USER),
        (check("nobody"), DropReason.UNKNOWN_USER),
    ],
    ids=["nothing", "turn", "quic", "short", "cut off", "no user", "no check", "unknown user"],
)
def test_what_is_for_nobody_is_counted_by_its_reason(data: bytes, reason: DropReason) -> None:
    demux = Demultiplexer()
    ann, _ = joined(demux, "ann", HOME)
    demux.datagram(data, HOME, 0.0)
    assert {one: count for one, count in demux.dropped.items() if count} == {reason: 1}
    assert (ann.media, ann.checks) == ([], [])


def test_a_keep_alive_is_nothing_to_complain_of() -> None:
    demux = Demultiplexer()
    demux.datagram(bytes(stun.Message(stun.Method.BINDING, stun.Class.INDICATION)), HOME, 0.0)
    assert sum(demux.dropped.values()) == 0


def test_the_user_name_is_found_behind_other_attributes() -> None:
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes |= {"SOFTWARE": "odd", "PRIORITY": 7, "USERNAME": "ann:theirs"}
    assert requested_user(bytes(request)) == b"ann"


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_taken_as_a_request_without_harm(data: bytes) -> None:
    requested_user(data)


addresses = st.tuples(st.sampled_from(["192.0.2.1", "2001:db8::1"]), st.integers(1, 3))
users = st.sampled_from(["ann", "ben", "eve"])
datagrams = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([DTLS, RTCP]),
    users.map(check),
    st.builds(
        lambda user, at, byte: check(user)[:at] + bytes([byte]) + check(user)[at + 1 :],
        users,
        st.integers(0, 60),
        st.integers(0, 255),
    ),
)
steps = st.one_of(
    st.tuples(st.just("datagram"), datagrams, addresses),
    st.tuples(st.just("prove"), users, addresses),
    st.tuples(st.just("leave"), users, addresses),
    st.tuples(st.just("expect"), users, addresses),
)


@given(st.lists(steps, max_size=60))
def test_whatever_comes_media_reaches_only_who_proved_the_address_and_nothing_is_left_in_the_end(
    story: list[tuple[str, object, Address]],
) -> None:
    demux = Demultiplexer()
    ears = {user: joined(demux, user) for user in ("ann", "ben", "eve")}
    owner: dict[Address, str] = {}
    proven_s: dict[Address, float] = {}
    for second, (what, subject, address) in enumerate(story):
        now_s = float(second)
        if what == "datagram":
            before = {user: len(ear.media) for user, (ear, _) in ears.items()}
            assert isinstance(subject, bytes)
            demux.datagram(subject, address, now_s)
            got = [user for user, (ear, _) in ears.items() if len(ear.media) > before[user]]
            assert got in ([], [owner.get(address)])
            continue
        assert isinstance(subject, str)
        member = ears[subject][1]
        if what == "prove":
            free = owner.get(address) in (None, subject) or now_s - proven_s[address] >= PROOF_HOLDS_S
            assert demux.prove(address, member, now_s) is free
            if free:
                owner[address], proven_s[address] = subject, now_s
        elif what == "expect":
            demux.expect(bytes([second] * 12), member)
        else:
            demux.leave(member)
            owner = {known: user for known, user in owner.items() if user != subject}
            ears[subject] = joined(demux, subject)
    for _, member in ears.values():
        demux.leave(member)
    assert demux.sizes == (0, 0, 0)

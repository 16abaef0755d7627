"""Whose a datagram is that came to a port which many connections share. Pure: the time is an argument.

The first byte tells what it is (RFC 7983). A STUN binding request names whom it wants by the first half of its USERNAME
(RFC 8445, section 7.2.2), a STUN response by its transaction; all else is told by the address that it came from. An
address belongs to a connection once a check from there has been proven by the connection's password, so nobody can take
what is another's by writing its address on a packet: a second connection gets an address only when the first has shown
no such proof for ``PROOF_HOLDS_S``. What belongs to nobody is dropped without an answer, and counted by its reason.

Nothing here grows with what strangers send: there are as many entries as connections have checks under way, and
``ADDRESSES_MAX`` addresses for each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Protocol

Address = tuple[str, int]

ADDRESSES_MAX: Final = 64
"""Of one connection over its life: its candidates, and where it comes from after each change of network. Who changes
more often than that has to connect anew; it bounds what aioice keeps of each."""
PROOF_HOLDS_S: Final = 15.0
"""Browsers prove themselves every 2.5 s (Chromium) to 6 s (RFC 7675). A visit that lost its visitor is over sooner than
this; it is for one that goes on elsewhere, while its old address has been given to somebody else."""
CHECKS_PER_S: Final = 100.0
CHECKS_BURST: Final = 200.0
"""Of one connection. A browser sends one every 50 ms for each pair of candidates while it connects."""
ATTRIBUTES_MAX: Final = 16
"""How far a STUN message is searched for its USERNAME; browsers put it first."""

_HEADER_BYTES: Final = 20
_BINDING_REQUEST: Final = b"\x00\x01"
_COOKIE: Final = b"\x21\x12\xa4\x42"
_USERNAME: Final = b"\x00\x06"
_CLASS_BITS: Final = 0x0110
_INDICATION: Final = 0x0010
_REQUEST: Final = 0x0000

_STUN, _MEDIA, _STRANGE = 0, 1, 2
_KINDS: Final = bytes(
    _STUN if first < 4 else _MEDIA if 20 <= first < 64 or 128 <= first < 192 else _STRANGE for first in range(256)
)
"""By the first byte (RFC 7983): STUN; DTLS, RTP and RTCP; what this port has nothing to do with (ZRTP, TURN, QUIC)."""


class DropReason(Enum):
    """Why a datagram went to nobody."""

    STRANGE = "strange"
    """Neither STUN nor DTLS, RTP or RTCP."""
    MALFORMED = "malformed"
    """STUN that breaks its format."""
    UNKNOWN_ADDRESS = "unknown-address"
    UNKNOWN_USER = "unknown-user"
    UNKNOWN_TRANSACTION = "unknown-transaction"
    TOO_MANY_CHECKS = "too-many-checks"
    TOO_MANY_ADDRESSES = "too-many-addresses"


class Receiver(Protocol):
    """A connection's end at this port."""

    def media_received(self, data: bytes) -> None:
        """DTLS, RTP or RTCP from an address of this connection."""

    def stun_received(self, data: bytes, address: Address) -> None:
        """A check of this connection, which nobody has verified yet, or the answer to one of its own."""


@dataclass(slots=True)
class Member:
    """What is known of one connection. Made by ``Demultiplexer.join``."""

    receiver: Receiver
    user: bytes
    addresses: set[Address] = field(default_factory=set)
    transactions: set[bytes] = field(default_factory=set)
    checks_left: float = CHECKS_BURST
    checks_at_s: float = 0.0

    def takes_check(self, now_s: float) -> bool:
        """Whether one more check is within bounds; counts it."""
        self.checks_left = min(CHECKS_BURST, self.checks_left + CHECKS_PER_S * (now_s - self.checks_at_s))
        self.checks_at_s = now_s
        if self.checks_left < 1.0:
            return False
        self.checks_left -= 1.0
        return True


@dataclass(slots=True)
class Path:
    """An address that belongs to a connection."""

    member: Member
    receiver: Receiver
    proven_s: float
    heard_s: float


class Demultiplexer:
    """Of one socket."""

    def __init__(self) -> None:
        self.dropped = dict.fromkeys(DropReason, 0)
        self.received = 0
        """Datagrams that had an owner."""
        self._members: dict[bytes, Member] = {}
        self._paths: dict[Address, Path] = {}
        self._transactions: dict[bytes, Member] = {}

    # --- connections ---------------------------------------------------------------------------------

    def join(self, user: str, receiver: Receiver) -> Member:
        """``user``: the connection's own ICE user name fragment. Raises ValueError where another has it."""
        key = user.encode()
        if key in self._members:
            raise ValueError(f"there is a connection {user} already")
        member = self._members[key] = Member(receiver, key)
        return member

    def leave(self, member: Member) -> None:
        """Forget all of a connection; may be called again."""
        if self._members.get(member.user) is member:
            del self._members[member.user]
        for address in member.addresses:
            path = self._paths.get(address)
            if path is not None and path.member is member:
                del self._paths[address]
        for transaction in member.transactions:
            self._transactions.pop(transaction, None)
        member.addresses.clear()
        member.transactions.clear()

    @property
    def sizes(self) -> tuple[int, int, int]:
        """How many connections, addresses and transactions are known now."""
        return len(self._members), len(self._paths), len(self._transactions)

    def expect(self, transaction: bytes, member: Member) -> None:
        """The connection sends a check with this transaction, and will have its answer."""
        self._transactions[transaction] = member
        member.transactions.add(transaction)

    def forget(self, transaction: bytes, member: Member) -> None:
        """The check is over; may be called again."""
        self._transactions.pop(transaction, None)
        member.transactions.discard(transaction)

    def prove(self, address: Address, member: Member, now_s: float) -> bool:
        """Somebody at this address has proven by the connection's password that it is theirs. False where it is still
        another connection's, or the connection has too many."""
        path = self._paths.get(address)
        if path is not None and path.member is member:
            path.proven_s = path.heard_s = now_s
            return True
        if path is not None and now_s - path.proven_s < PROOF_HOLDS_S:
            return False
        if address not in member.addresses and len(member.addresses) >= ADDRESSES_MAX:
            return False
        member.addresses.add(address)
        self._paths[address] = Path(member, member.receiver, now_s, now_s)
        return True

    def silent_s(self, address: Address, member: Member, now_s: float) -> float:
        """How long nothing has come from an address of a connection; for ever where it is not the connection's."""
        path = self._paths.get(address)
        return now_s - path.heard_s if path is not None and path.member is member else float("inf")

    # --- datagrams -----------------------------------------------------------------------------------

    def datagram(self, data: bytes, address: Address, now_s: float) -> None:
        """Give a datagram to whom it is for."""
        kind = _KINDS[data[0]] if data else _STRANGE
        if kind == _MEDIA:
            path = self._paths.get(address)
            if path is None:
                self.dropped[DropReason.UNKNOWN_ADDRESS] += 1
                return
            path.heard_s = now_s
            self.received += 1
            path.receiver.media_received(data)
        elif kind == _STUN:
            owner = self._owner_of_stun(data, address, now_s)
            if isinstance(owner, DropReason):
                self.dropped[owner] += 1
            elif owner is not None:
                self.received += 1
                owner.receiver.stun_received(data, address)
        else:
            self.dropped[DropReason.STRANGE] += 1

    def _owner_of_stun(self, data: bytes, address: Address, now_s: float) -> Member | DropReason | None:
        """None: for nobody, and nothing wrong with it."""
        if len(data) < _HEADER_BYTES or data[4:8] != _COOKIE or len(data) != _HEADER_BYTES + int.from_bytes(data[2:4]):
            return DropReason.MALFORMED
        message_class = int.from_bytes(data[:2]) & _CLASS_BITS
        if message_class == _INDICATION:  # a keep-alive; it asks for nothing, and proves nothing
            return None
        if message_class != _REQUEST:
            return self._transactions.get(data[8:20], DropReason.UNKNOWN_TRANSACTION)
        if data[:2] != _BINDING_REQUEST:
            return DropReason.UNKNOWN_USER
        user = requested_user(data)
        if user is None:
            return DropReason.MALFORMED
        member = self._members.get(user)
        if member is None:
            return DropReason.UNKNOWN_USER
        if not member.takes_check(now_s):
            return DropReason.TOO_MANY_CHECKS
        if address not in member.addresses and len(member.addresses) >= ADDRESSES_MAX:
            return DropReason.TOO_MANY_ADDRESSES
        return member


def requested_user(request: bytes) -> bytes | None:
    """Whom a STUN binding request is for: what stands before the colon of its USERNAME. None where it has none."""
    at, end = _HEADER_BYTES, len(request)
    for _ in range(ATTRIBUTES_MAX):
        if at + 4 > end:
            return None
        size = int.from_bytes(request[at + 2 : at + 4])
        if request[at : at + 2] == _USERNAME:
            value = request[at + 4 : at + 4 + size]
            user, colon, _ = value.partition(b":")
            return user if colon and len(value) == size else None
        at += 4 + size + -size % 4
    return None

"""Whom an edge believes: the keys of its options at first, then those of the newest key ring that such a key signed.

Pure: what is to be remembered is a record, which its owner keeps on disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from control.content.envelope import Envelope
from control.content.errors import KeyRefused, KeyRingRefused
from control.content.keys import parse_key_text
from control.content.names import Record
from control.content.release import KeyRing, TrustedKey
from control.content.signing import verify

BOOTSTRAP_MAX = 16


class KeptTrust(Record):
    """What an edge remembers of whom it believes."""

    bootstrap: Annotated[tuple[TrustedKey, ...], Field(max_length=BOOTSTRAP_MAX)]
    """The keys of the options at that time."""
    ring: KeyRing | None = None
    """The newest ring that was believed."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom an edge believes now."""

    kept: KeptTrust

    @classmethod
    def of(cls, bootstrap: Sequence[TrustedKey], kept: KeptTrust | None) -> Trust:
        """At start, by the options and what was remembered.

        Other keys in the options than last time are the operator's word, and begin anew: so an edge is brought over to
        another admin, or back where it missed too many changes of keys.
        """
        if kept is not None and _names(kept.bootstrap) == _names(bootstrap):
            return cls(kept)
        return cls(KeptTrust(bootstrap=tuple(bootstrap)))

    @property
    def keys(self) -> tuple[TrustedKey, ...]:
        """Whose signatures count."""
        return self.kept.bootstrap if self.kept.ring is None else self.kept.ring.keys

    @property
    def ring_serial(self) -> int | None:
        """Of the ring that says so; None: the options do."""
        return None if self.kept.ring is None else self.kept.ring.serial

    def renewed(self, ring: Envelope) -> Trust:
        """With a ring that came from the admin; this one again where it is the ring that is held.

        Raises SignatureRefused where no key that is trusted now has signed it, and KeyRingRefused where it is not newer
        than the one that is held.
        """
        held = self.kept.ring
        offered = verify(ring, self.keys, KeyRing)
        if offered == held:
            return self
        if held is not None and offered.serial <= held.serial:
            raise KeyRingRefused(
                f"the key ring {offered.serial} is not newer than the one that is held, {held.serial}: the admin's"
                " database is older than it was, or somebody sends what was sent before"
            )
        return Trust(self.kept.model_copy(update={"ring": offered}))


def parse_keys(text: str) -> tuple[TrustedKey, ...]:
    """Keys as options and files have them: ``ed25519:BASE64``, with spaces, commas or lines between; the rest of a line
    after # is a remark. Raises KeyRefused, also where there is none."""
    words = [word for line in text.splitlines() for word in line.partition("#")[0].replace(",", " ").split()]
    keys = {key.key_id: key for key in map(parse_key_text, words)}
    if not 1 <= len(keys) <= BOOTSTRAP_MAX:
        raise KeyRefused(
            f"{len(keys)} trusted keys: it must be 1 to {BOOTSTRAP_MAX}, as `edge-render admin keys` prints them"
        )
    return tuple(keys.values())


def _names(keys: Sequence[TrustedKey]) -> frozenset[str]:
    return frozenset(key.key_id for key in keys)

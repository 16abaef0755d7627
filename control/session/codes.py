"""Codes by which people join: short enough to be read out, long enough not to be guessed. Pure."""

from __future__ import annotations

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without what is taken for something else: 0, O, 1, I, L and U."""
LENGTH = 8
"""30^8, more than 6 * 10^11: with ATTEMPTS a minute for each address, guessing is no way in."""
ATTEMPTS = 10
ATTEMPTS_PER_S = 10 / 60.0
ADDRESSES_KEPT = 4096


def new_code() -> str:
    """A code at random."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def read_code(text: str) -> str:
    """A code as somebody typed it: in small letters, with spaces or hyphens."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


class Attempts:
    """Wrong codes by address: who has tried too many is not told of a right one either. Seconds of one clock."""

    def __init__(self) -> None:
        self._wrong: dict[str, tuple[float, float]] = {}
        """How many wrong codes are held against an address, and since when; forgiven at ATTEMPTS_PER_S."""

    def exhausted(self, address: str, now_s: float) -> bool:
        """Whether nothing may be tried from there now."""
        return self._held(address, now_s) > ATTEMPTS - 1

    def failed(self, address: str, now_s: float) -> None:
        """A wrong code came from there."""
        held = self._held(address, now_s) + 1.0
        self._wrong.pop(address, None)
        self._wrong[address] = (held, now_s)  # the dictionary's last one is the newest
        if len(self._wrong) > ADDRESSES_KEPT:
            del self._wrong[next(iter(self._wrong))]

    def _held(self, address: str, now_s: float) -> float:
        held, since_s = self._wrong.get(address, (0.0, now_s))
        return max(0.0, held - ATTEMPTS_PER_S * (now_s - since_s))

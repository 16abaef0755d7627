"""Passwords: the rules for new ones, and argon2id hashes of them."""

from __future__ import annotations

import threading
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from argon2.low_level import Type

from control.admin.errors import Refused

MIN_CHARS: Final = 12
MAX_CHARS: Final = 200
AT_ONCE: Final = 2
"""Hashes that are computed at a time: each takes 19 MiB and a core, and anybody may ask for one."""


def _owasp_hasher() -> PasswordHasher:
    """OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane."""
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)


class Passwords:
    """Hashes and checks passwords; takes tens of milliseconds, so call it outside of transactions. For threads."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or _owasp_hasher()
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._nobodys = self._hasher.hash("nobody's password")

    def hash_new(self, password: str, name: str) -> str:
        """The hash of a password that somebody chose for the account ``name``. Raises Refused where it is a bad one."""
        check_rules(password, name)
        with self._places:
            return self._hasher.hash(_normal(password))

    def check(self, password: str, stored_hash: str | None) -> bool:
        """Whether it is the one that was hashed. Takes the same time where there is no hash, so that who tries names
        does not learn which exist. Raises RuntimeError where the stored hash is none."""
        with self._places:
            try:
                self._hasher.verify(stored_hash or self._nobodys, _normal(password)[:MAX_CHARS])
            except VerifyMismatchError:
                return False
            except (VerificationError, InvalidHashError) as error:
                raise RuntimeError("a stored password hash can't be read; set that account's password anew") from error
        return stored_hash is not None and len(password) <= MAX_CHARS

    def is_outdated(self, stored_hash: str) -> bool:
        """Whether it was made with other parameters than those of now."""
        return self._hasher.check_needs_rehash(stored_hash)

    def rehash(self, password: str) -> str:
        """The hash of a password that was just checked, with the parameters of now."""
        with self._places:
            return self._hasher.hash(_normal(password))


def check_rules(password: str, name: str) -> None:
    """NIST SP 800-63B, 5.1.1.2: length, not composition. Raises Refused, saying which rule."""
    chars = len(_normal(password))
    if chars < MIN_CHARS or max(chars, len(password)) > MAX_CHARS:
        raise Refused(
            f"the password must have {MIN_CHARS} to {MAX_CHARS} characters, it has {chars}",
            text="error.password-length",
            minimum=MIN_CHARS,
            maximum=MAX_CHARS,
            chars=chars,
        )
    if name.casefold() in password.casefold() and len(password) - len(name) < MIN_CHARS // 2:
        raise Refused("the password must not be the account's name", text="error.password-name")
    if len(set(password)) < 4:
        raise Refused("the password must not be a few characters again and again", text="error.password-repeats")


def _normal(password: str) -> str:
    """One form for what keyboards and input methods may send in several (NIST SP 800-63B, 5.1.1.2: NFKC)."""
    return unicodedata.normalize("NFKC", password)

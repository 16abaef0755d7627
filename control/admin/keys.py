"""The admin's signing keys: one is active and signs; retired ones are still trusted; revoked ones are not.

The private halves are PEM files that only the admin's user can read, the database has the rest.
"""

from __future__ import annotations

import os
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from control.admin import audit
from control.admin.access.actor import SYSTEM
from control.admin.errors import Unavailable
from control.admin.settings import AdminSettings
from control.admin.tables import SigningKey
from control.content.envelope import Envelope
from control.content.errors import KeyRefused
from control.content.keys import PrivateKey
from control.content.release import KeyRing, ReleaseManifest, SiteOrder, TrustedKey
from control.content.signing import sign

_LOG = structlog.get_logger()


class SigningKeys:
    """Signs in the name of the admin. From any thread; within the caller's transaction, so that what is signed beside
    a change of keys is signed before or after it, and never in between."""

    def __init__(self, folder: Path) -> None:
        """``folder`` has the private halves, each as ``KEY_ID.pem``; it is made where it is missing."""
        self._folder = folder

    @classmethod
    def of(cls, settings: AdminSettings) -> SigningKeys:
        """Where the settings say."""
        return cls(settings.keys_folder or settings.data_folder / "keys")

    def start(self, session: Session, now: float) -> None:
        """Make the first key where there is none, and finish what a crash has left of revoked ones. Where the active
        one's file can't be used the admin goes on without signing: it shows content, and keys can be rotated."""
        active = _active(session)
        if active is None:
            key = self.add_active(session, now)
            audit.append(session, now, SYSTEM, "key.create", f"key:{key.key_id}")
            return
        for revoked in session.scalars(select(SigningKey).where(SigningKey.state == "revoked")):
            self.forget(revoked.key_id)
        try:
            self.private_half(active.key_id)
        except Unavailable as error:
            _LOG.error("signing-key-missing", reason=str(error))

    def sign(self, session: Session, record: ReleaseManifest | SiteOrder | KeyRing) -> Envelope:
        """The record, signed by the active key. Raises Unavailable where its file can't be used."""
        return sign(record, self.private_half(_needed(session).key_id))

    def add_active(self, session: Session, now: float) -> TrustedKey:
        """Make a key, which signs from now on; whichever did has to be retired before."""
        key = PrivateKey.generate()
        self._keep(key)
        session.add(
            SigningKey(key_id=key.public.key_id, public_key=key.public.public_key, state="active", created_at=now)
        )
        session.flush()
        return key.public

    def private_half(self, key_id: str) -> PrivateKey:
        """Of a key that this admin has made. Raises Unavailable where its file is missing or is another key's."""
        path = self._folder / f"{key_id}.pem"
        try:
            key = PrivateKey.from_pem(path.read_bytes())
        except (OSError, KeyRefused) as error:
            told = error.strerror if isinstance(error, OSError) else error
            raise Unavailable(
                f"nothing can be signed: {path}: {told}; put the key's file back, or rotate keys"
            ) from error
        if key.public.key_id != key_id:
            raise Unavailable(f"nothing can be signed: {path} has another key than its name says")
        return key

    def forget(self, key_id: str) -> None:
        """Remove a private half for good."""
        (self._folder / f"{key_id}.pem").unlink(missing_ok=True)

    def _keep(self, key: PrivateKey) -> None:
        # On the disk before any row names it: a crash in between leaves a file that nobody asks for.
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._folder / f"{key.public.key_id}.pem", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(key.to_pem())
            file.flush()
            os.fsync(descriptor)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _active(session: Session) -> SigningKey | None:
    return session.scalars(select(SigningKey).where(SigningKey.state == "active")).one_or_none()


def _needed(session: Session) -> SigningKey:
    active = _active(session)
    if active is None:
        raise Unavailable("there is no signing key yet: the admin makes one when it starts")
    return active

"""The seal of the audit log: its newest entry's hash, signed now and then, and kept outside of the database.

Who can write to the database could cut the log's end off, or make the whole chain anew; what they left would be a chain
without a flaw. The seal in the data folder, and the log line of each sealing, still tell what was there.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Final

import structlog
from pydantic import Field, ValidationError
from sqlalchemy import select

from control.admin.database import Database
from control.admin.errors import Unavailable
from control.admin.keys import SigningKeys
from control.admin.tables import AuditEntry, SigningKey
from control.content.keys import signature_fits
from control.content.names import Digest, Record, UnixSeconds

SEAL_EVERY_S: Final = 60.0
_LOG = structlog.get_logger()


class AuditSeal(Record):
    """That the log had this entry at its end at some time. ``signature``: base64, by Ed25519, of ``covered``."""

    seq: Annotated[int, Field(ge=1, le=2**53)]
    hash: Digest
    sealed_at: UnixSeconds
    key_id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    signature: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{86}==$")]

    def covered(self) -> bytes:
        """What is signed. It begins as no DSSE envelope does: neither can be taken for the other."""
        return f"edge-render audit seal 1\n{self.seq}\n{self.hash}\n{self.sealed_at!r}\n".encode()


class SealBroken(Unavailable):
    """The seal's file can't be read, or no key of this admin has signed it."""


class AuditSealer:
    """Seals the log now and then. From any thread."""

    def __init__(self, database: Database, keys: SigningKeys, folder: Path, now: Callable[[], float]) -> None:
        self._database = database
        self._keys = keys
        self._path = folder / "audit-seal.json"
        self._now = now

    def newest(self) -> AuditSeal | None:
        """The seal; None where there is none yet. Raises SealBroken."""
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SealBroken(f"the audit log's seal can't be read: {self._path}: {error.strerror}") from error
        try:
            seal = AuditSeal.model_validate_json(text)
            fits = signature_fits(
                self._keys.private_half(seal.key_id).public, base64.b64decode(seal.signature), seal.covered()
            )
        except (ValidationError, binascii.Error) as error:
            raise SealBroken(f"{self._path} is no seal of an audit log; it was damaged") from error
        except Unavailable as error:
            raise SealBroken(f"the key {seal.key_id}, which sealed the audit log, is gone") from error
        if not fits:
            raise SealBroken(f"{self._path} was not signed by the key that it names; it was changed")
        return seal

    def seal(self) -> None:
        """Seal the log's end as it is now, where it does not contradict the last seal: that one stays then, as it is
        what shows it. Raises Unavailable."""
        before = self._last_trusted()
        with self._database.reading() as session:
            head = session.execute(
                select(AuditEntry.seq, AuditEntry.hash).order_by(AuditEntry.seq.desc()).limit(1)
            ).one_or_none()
            then = (
                None if before is None else session.scalar(select(AuditEntry.hash).where(AuditEntry.seq == before.seq))
            )
            key_id = session.scalar(select(SigningKey.key_id).where(SigningKey.state == "active"))
        if before is not None and then != before.hash:
            _LOG.error("audit-tampered", sealed_seq=before.seq, sealed_hash=before.hash, found_hash=then)
            return
        if head is None or key_id is None or (before is not None and (before.seq, before.key_id) == (head.seq, key_id)):
            return
        unsigned = AuditSeal(
            seq=head.seq, hash=head.hash, sealed_at=self._now(), key_id=key_id, signature=f"{'A' * 86}=="
        )
        signature = base64.b64encode(self._keys.private_half(key_id).sign(unsigned.covered())).decode()
        self._keep(unsigned.model_copy(update={"signature": signature}))
        _LOG.info("audit-sealed", seq=head.seq, hash=head.hash)

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.seal)
            except Unavailable as error:
                _LOG.warning("audit-not-sealed", reason=str(error))
            await asyncio.sleep(SEAL_EVERY_S)

    def _last_trusted(self) -> AuditSeal | None:
        """A key that was revoked has left its seal unsigned: the next key's takes its place, and that is logged."""
        try:
            return self.newest()
        except SealBroken as error:
            _LOG.warning("audit-seal-broken", reason=str(error))
            return None

    def _keep(self, seal: AuditSeal) -> None:
        """Written beside, then put in its place: a crash leaves the old one or the new one."""
        beside = self._path.with_suffix(".new")
        try:
            with open(beside, "wb") as file:
                file.write(seal.model_dump_json().encode())
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError as error:
            raise Unavailable(f"the audit log's seal can't be written: {self._path}: {error.strerror}") from error


@asynccontextmanager
async def open_audit_sealer(
    database: Database, keys: SigningKeys, folder: Path, now: Callable[[], float]
) -> AsyncIterator[AuditSealer]:
    """With its task running; at the end, what came last is sealed too."""
    sealer = AuditSealer(database, keys, folder, now)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(sealer.run(), name="audit-sealer")
        try:
            yield sealer
        finally:
            task.cancel()
    try:
        await asyncio.to_thread(sealer.seal)
    except Unavailable as error:
        _LOG.warning("audit-not-sealed", reason=str(error))

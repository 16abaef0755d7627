"""The admin's keys: made once, kept where nobody else reads them, and never replaced in silence."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from control.admin.database import Database
from control.admin.errors import Unavailable
from control.admin.keys import SigningKeys
from control.admin.tables import AuditEntry, SigningKey
from control.content.keys import PrivateKey, trusted_key
from control.content.release import SiteOrder, TrustedKey
from control.content.signing import verify

ORDER = SiteOrder(site="lounge-1", serial=1, issued_at=0.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def keys(database: Database, folder: Path) -> SigningKeys:
    made = SigningKeys(folder)
    with database.session() as session:
        made.start(session, now=10.0)
    return made


def only_key(database: Database) -> TrustedKey:
    with database.session() as session:
        row = session.scalars(select(SigningKey)).one()
        return TrustedKey(key_id=row.key_id, public_key=row.public_key)


def test_the_first_start_makes_a_key_that_signs(database: Database, keys: SigningKeys) -> None:
    with database.session() as session:
        envelope = keys.sign(session, ORDER)
        assert session.scalars(select(AuditEntry.action)).all() == ["key.create"]
    assert verify(envelope, [only_key(database)], SiteOrder) == ORDER


def test_later_starts_keep_it(database: Database, keys: SigningKeys, folder: Path) -> None:
    before = only_key(database)
    with database.session() as session:
        SigningKeys(folder).start(session, now=20.0)
    assert only_key(database) == before


def test_only_the_admin_s_user_reads_the_private_half(database: Database, keys: SigningKeys, folder: Path) -> None:
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert PrivateKey.from_pem(file.read_bytes()).public == only_key(database)


def test_a_lost_private_half_is_told_and_not_replaced(database: Database, keys: SigningKeys, folder: Path) -> None:
    (file,) = folder.iterdir()
    file.unlink()
    with database.session() as session, capture_logs() as logs:
        keys.start(session, now=20.0)
    assert [entry["event"] for entry in logs] == ["signing-key-missing"]
    assert list(folder.iterdir()) == []
    with (
        pytest.raises(Unavailable, match=r"nothing can be signed: .*No such file.*put the key's file back"),
        database.session() as session,
    ):
        keys.sign(session, ORDER)


def test_another_key_in_its_file_does_not_sign(database: Database, keys: SigningKeys, folder: Path) -> None:
    (file,) = folder.iterdir()
    file.write_bytes(PrivateKey.generate().to_pem())
    with pytest.raises(Unavailable, match="another key than its name"), database.session() as session:
        keys.sign(session, ORDER)


def test_key_names_are_what_edges_call_them(database: Database, keys: SigningKeys, folder: Path) -> None:
    (file,) = folder.iterdir()
    assert file.stem == only_key(database).key_id
    assert trusted_key(b"\x00" * 32).key_id == "66687aadf862bd77"

"""The audit log: it can't be changed, and where it was after all, that shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from control.admin import audit
from control.admin.audit_check import AuditProblem, check_audit
from control.admin.audit_seal import AuditSealer, SealBroken
from control.admin.database import Database
from control.admin.errors import AdminError
from control.admin.keys import SigningKeys
from control.admin.parts import AdminParts
from control.admin.tables import AuditEntry
from tests.control.admin.conftest import LogIn
from tests.control.admin.kinds import on_both_storages


@pytest.fixture
def sealer(database: Database, tmp_path: Path) -> AuditSealer:
    """Of a log of ten entries, the first of which is that of the key."""
    keys = SigningKeys(tmp_path / "keys")
    with database.session() as session:
        keys.start(session, 1.0)
        for number in range(9):
            _append(session, number)
    return AuditSealer(database, keys, tmp_path, lambda: 100.5)


def _append(session: Session, number: int) -> None:
    detail = {"note": "笔记", "sizes": [1, 2.5, None], 7: True}
    audit.append(session, 2.0 + number / 3, "account:anna", "version.publish", f"showroom:branch/{number}", detail)  # type: ignore[arg-type]


def _problems(database: Database, sealer: AuditSealer) -> list[AuditProblem]:
    with database.reading() as session:
        return check_audit(session, sealer.newest()).problems


def _unprotect(database: Database, sql: str, **values: Any) -> None:
    """What who owns the database can do: switch its protection off, and write."""
    with database.engine.begin() as connection:
        if database.engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER ALL"))
        else:
            connection.execute(text("DROP TRIGGER IF EXISTS audit_entries_no_update"))
            connection.execute(text("DROP TRIGGER IF EXISTS audit_entries_no_delete"))
        connection.execute(text(sql), values)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_entries SET actor = 'account:eve' WHERE seq = 3",
        "DELETE FROM audit_entries WHERE seq = 3",
        "DELETE FROM audit_entries",
    ],
)
def test_the_database_refuses_to_change_it(database: Database, sealer: AuditSealer, sql: str) -> None:
    with pytest.raises((DBAPIError, AdminError)), database.session() as session:
        session.execute(text(sql))
    assert _problems(database, sealer) == []


def test_an_empty_log_and_one_as_it_was_written_are_whole(database: Database, sealer: AuditSealer) -> None:
    sealer.seal()
    with database.reading() as session:
        checked = check_audit(session, sealer.newest())
    assert (checked.intact, checked.entries) == (True, 10)
    assert checked.seal is not None
    assert (checked.seal.seq, checked.seal.sealed_at) == (10, 100.5)


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("UPDATE audit_entries SET actor = 'account:eve' WHERE seq = 3", [AuditProblem("changed", 3)]),
        ("UPDATE audit_entries SET at = at + 0.000001 WHERE seq = 3", [AuditProblem("changed", 3)]),
        ("UPDATE audit_entries SET detail = '{}' WHERE seq = 3", [AuditProblem("changed", 3)]),
        ("DELETE FROM audit_entries WHERE seq IN (4, 5)", [AuditProblem("missing", 4, 5)]),
        ("DELETE FROM audit_entries WHERE seq = 1", [AuditProblem("missing", 1, 1)]),
        ("DELETE FROM audit_entries WHERE seq > 7", [AuditProblem("cut", 8, 10)]),
        ("DELETE FROM audit_entries", [AuditProblem("cut", 1, 10)]),
        (
            "UPDATE audit_entries SET previous_hash = action WHERE seq = 3",
            [AuditProblem("unchained", 3), AuditProblem("changed", 3)],
        ),
    ],
)
def test_what_was_done_to_it_shows(
    database: Database, sealer: AuditSealer, sql: str, found: list[AuditProblem]
) -> None:
    sealer.seal()
    _unprotect(database, sql)
    assert _problems(database, sealer) == found


def test_entries_in_another_order_show(database: Database, sealer: AuditSealer) -> None:
    for seq, other in ((3, 100), (4, 3), (100, 4)):
        _unprotect(database, "UPDATE audit_entries SET seq = :other WHERE seq = :seq", seq=seq, other=other)
    kinds = {(problem.kind, problem.seq) for problem in _problems(database, sealer)}
    assert {("changed", 3), ("changed", 4), ("unchained", 3)} <= kinds


def _write_anew(session: Session) -> None:
    """A chain without a flaw in it, of another story."""
    previous = audit.FIRST_PREVIOUS
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.seq)):
        entry.actor = "account:nobody"
        entry.previous_hash = previous
        entry.hash = previous = audit.entry_hash(entry)


def test_a_chain_that_was_made_anew_is_not_what_was_sealed(database: Database, sealer: AuditSealer) -> None:
    sealer.seal()
    _unprotect(database, "SELECT 1")
    with database.session() as session:
        _write_anew(session)
    assert _problems(database, sealer) == [AuditProblem("rewritten", 10)]
    with database.session() as session:
        _append(session, 20)
    sealer.seal()
    assert _problems(database, sealer) == [AuditProblem("rewritten", 10)]


def test_a_seal_goes_on_with_the_log(database: Database, sealer: AuditSealer) -> None:
    sealer.seal()
    with database.session() as session:
        _append(session, 20)
    sealer.seal()
    seal = sealer.newest()
    assert seal is not None
    assert seal.seq == 11


@pytest.mark.parametrize(
    "spoil",
    [
        lambda told: told.replace('"seq":10', '"seq":3'),
        lambda told: told.replace('"sealed_at":100.5', '"sealed_at":100.0'),
        lambda _told: "",
        lambda _told: "{}",
        lambda told: told[:40],
    ],
)
def test_a_seal_that_was_changed_is_none(
    database: Database, sealer: AuditSealer, tmp_path: Path, spoil: Callable[[str], str]
) -> None:
    sealer.seal()
    path = tmp_path / "audit-seal.json"
    path.write_text(spoil(path.read_text()))
    with pytest.raises(SealBroken):
        sealer.newest()


def test_a_new_key_seals_anew_what_a_revoked_one_had_sealed(
    database: Database, sealer: AuditSealer, tmp_path: Path
) -> None:
    sealer.seal()
    keys = SigningKeys(tmp_path / "keys")
    first = sealer.newest()
    assert first is not None
    with database.session() as session:
        session.execute(text("UPDATE signing_keys SET state = 'revoked'"))
        second = keys.add_active(session, 5.0)
    keys.forget(first.key_id)
    with pytest.raises(SealBroken, match="is gone"):
        sealer.newest()
    sealer.seal()
    seal = sealer.newest()
    assert seal is not None
    assert seal.key_id == second.key_id


@on_both_storages
def test_it_is_read_by_pages_and_filtered(log_in: LogIn) -> None:
    browser = log_in("paul")
    first = browser.get("/api/v1/audit", params={"action": "account.", "limit": 3}).json()
    assert [entry["subject"] for entry in first["entries"]] == ["account:anna", "account:paul", "account:edda"]
    before = {"action": "account.", "before_seq": first["next_before_seq"]}
    second = browser.get("/api/v1/audit", params=before).json()
    assert [entry["subject"] for entry in second["entries"]] == ["account:vera"]
    assert second["next_before_seq"] is None
    assert browser.get("/api/v1/audit", params={"by": "account:paul"}).json()["entries"][0]["action"] == "session.start"
    assert browser.get("/api/v1/audit", params={"subject": "%"}).json()["entries"] == []
    assert browser.get("/api/v1/audit", params={"since": 4e9}).json()["entries"] == []


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "before_seq=0", "by=%00", "since=inf", "action=a%0a1"])
def test_a_filter_that_can_not_be_is_refused(log_in: LogIn, query: str) -> None:
    assert log_in("paul").get(f"/api/v1/audit?{query}").status_code == 422


def test_editors_do_not_read_it(log_in: LogIn) -> None:
    browser = log_in("edda")
    assert browser.get("/api/v1/audit").status_code == 403
    assert browser.get("/api/v1/audit/verify").status_code == 403
    assert browser.get("/audit").status_code == 403


@on_both_storages
def test_the_admin_seals_it_and_tells_what_was_done_to_it(log_in: LogIn, people: AdminParts) -> None:
    browser = log_in("paul")
    people.audit_sealer.seal()
    told = browser.get("/api/v1/audit/verify").json()
    assert (told["intact"], told["sealed_seq"]) == (True, told["entries"])
    assert "are as they were written" in browser.get("/audit/check").text
    _unprotect(people.database, "DELETE FROM audit_entries WHERE seq > 2")
    told = browser.get("/api/v1/audit/verify").json()
    assert (told["intact"], [problem["kind"] for problem in told["problems"]]) == (False, ["cut"])
    assert "The end was cut off: entries 3 to" in browser.get("/audit/check").text


def test_the_page_has_filters_and_pages(log_in: LogIn, people: AdminParts) -> None:
    with people.database.session() as session:
        for number in range(60):
            audit.append(session, 9.0, "system", "site.<b>", f"site:lounge-{number}", {"note": "<i>"})
    browser = log_in("paul")
    page = browser.get("/audit", params={"action": "site."}).text
    assert "site:lounge-59" in page
    assert "site:lounge-9<" not in page
    assert "<i>" not in page
    assert "<b>" not in page
    older = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "site:lounge-9<" in browser.get(older).text

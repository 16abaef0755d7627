"""Keys change while edges go on believing what they should, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from control.admin.access.actor import Actor, Role
from control.admin.access.tokens import make_token
from control.admin.database import Database
from control.admin.errors import Conflict, NotAllowed, NotFound
from control.admin.key_changes import RING_MAX, list_keys, newest_ring_serial, revoke, rotate, trusted_keys
from control.admin.keys import SigningKeys
from control.admin.parts import AdminParts
from control.admin.sites.node_reports import store_report
from control.admin.sites.orders import Orders
from control.admin.sites.ring_reach import sites_behind
from control.admin.tables import AuditEntry, SignedKeyRing, Site, Version
from control.content.envelope import Envelope
from control.content.errors import UnknownKey
from control.content.release import ReleaseManifest, SiteOrder
from control.content.signing import payload_digest, read_envelope, verify
from control.content.trust import Trust, parse_keys
from tests.control.admin.sites.world import START, make_sites, person, publish, report_of


def new_edge(session: Session) -> Trust:
    """An edge that is given the keys of now."""
    return Trust.of(trusted_keys(session), None)


def newest_ring(session: Session) -> Envelope:
    rings = session.scalars(select(SignedKeyRing.envelope).order_by(SignedKeyRing.serial.desc()))
    return read_envelope(rings.first() or "")


def order_of(session: Session, site: str) -> Envelope:
    return read_envelope(session.get_one(Site, site).order_envelope)


def release_of(session: Session, version_id: int) -> Envelope:
    return read_envelope(session.get_one(Version, version_id).envelope or "")


def test_without_a_change_there_is_no_ring(database: Database, keys: SigningKeys) -> None:
    with database.reading() as session:
        assert newest_ring_serial(session) is None
        assert [row.state for row in list_keys(session)] == ["active"]


def test_after_a_rotation_edges_believe_the_new_key_and_still_the_old(
    database: Database, keys: SigningKeys, orders: Orders, boss: Actor
) -> None:
    with database.session() as session:
        release = publish(session, keys, boss, "branch", 1)
        make_sites(session, orders, boss, ["lounge-1"])
        edge = new_edge(session)
        made = rotate(session, keys, orders, boss, START + 10)
        assert [row.state for row in list_keys(session)] == ["active", "retired"]
        assert order_of(session, "lounge-1").signatures[0].keyid == made.key_id
        with pytest.raises(UnknownKey):
            verify(order_of(session, "lounge-1"), edge.keys, SiteOrder)
        edge = edge.renewed(newest_ring(session))
        assert verify(order_of(session, "lounge-1"), edge.keys, SiteOrder).site == "lounge-1"
        assert verify(release_of(session, release.id), edge.keys, ReleaseManifest).showroom == "branch"
        assert session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)).all()[-1] == "key.rotate"


def test_an_edge_that_missed_rotations_follows_all_the_same(
    database: Database, keys: SigningKeys, orders: Orders, boss: Actor
) -> None:
    with database.session() as session:
        edge = new_edge(session)
        for step in range(3):
            rotate(session, keys, orders, boss, START + step)
        assert len(edge.renewed(newest_ring(session)).keys) == 4


def test_ring_serials_grow_also_after_an_older_database_was_restored(
    database: Database, keys: SigningKeys, orders: Orders, boss: Actor
) -> None:
    serials = []
    with database.session() as session:
        for now in (START, START, START - 100, START + 100):
            rotate(session, keys, orders, boss, now)
            serials.append(newest_ring_serial(session))
    assert serials == [START, START + 1, START + 2, START + 100]


def test_a_revoked_key_is_believed_no_more_and_what_it_signed_is_signed_again(
    database: Database, keys: SigningKeys, orders: Orders, boss: Actor
) -> None:
    with database.session() as session:
        release = publish(session, keys, boss, "branch", 1)
        before = release_of(session, release.id)
        edge = new_edge(session)
        rotate(session, keys, orders, boss, START + 1)
        later = publish(session, keys, boss, "branch", 2)
        old = list_keys(session)[1].key_id
        done = revoke(session, keys, orders, boss, old, START + 2)
        assert (done.releases_signed_again, done.releases_refused) == (1, ())
        edge = edge.renewed(newest_ring(session))
        assert [key.key_id for key in edge.keys] == [list_keys(session)[0].key_id]
        with pytest.raises(UnknownKey):
            verify(before, edge.keys, ReleaseManifest)
        after = release_of(session, release.id)
        assert verify(after, edge.keys, ReleaseManifest).version == 1
        assert payload_digest(after) == payload_digest(before) == release.release
        assert verify(release_of(session, later.id), edge.keys, ReleaseManifest).version == 2


def test_a_release_that_was_changed_in_the_database_is_not_signed_again(
    database: Database, keys: SigningKeys, orders: Orders, boss: Actor
) -> None:
    with database.session() as session:
        release = publish(session, keys, boss, "branch", 1)
        other = publish(session, keys, boss, "branch", 2)
        forged = release_of(session, release.id).model_copy(update={"payload": release_of(session, other.id).payload})
        session.get_one(Version, release.id).envelope = forged.model_dump_json()
        rotate(session, keys, orders, boss, START + 1)
        done = revoke(session, keys, orders, boss, list_keys(session)[1].key_id, START + 2)
        assert (done.releases_signed_again, done.releases_refused) == (1, ("branch/1",))
        assert release_of(session, release.id) == forged


def test_what_can_t_be_revoked_is_told(database: Database, keys: SigningKeys, orders: Orders, boss: Actor) -> None:
    with database.session() as session:
        (active,) = list_keys(session)
        with pytest.raises(Conflict, match="rotate keys first"):
            revoke(session, keys, orders, boss, active.key_id, START)
        with pytest.raises(NotFound):
            revoke(session, keys, orders, boss, "0" * 16, START)
        rotate(session, keys, orders, boss, START + 1)
        revoke(session, keys, orders, boss, active.key_id, START + 2)
        with pytest.raises(Conflict, match="revoked already"):
            revoke(session, keys, orders, boss, active.key_id, START + 3)


def test_revoking_waits_for_nodes_that_lack_the_newest_ring(
    database: Database, keys: SigningKeys, orders: Orders, boss: Actor
) -> None:
    def tell(site: str, node: str, ring_serial: int | None) -> None:
        report = report_of(1, None, node=node).model_copy(update={"ring_serial": ring_serial})
        store_report(session, site, report, START)

    with database.session() as session:
        make_sites(session, orders, boss, ["lounge-1", "lounge-2", "old"])
        session.get_one(Site, "old").retired = True
        tell("old", "node-1", None)
        tell("lounge-1", "node-1", None)
        assert sites_behind(session, newest_ring_serial(session)) == []
        first = list_keys(session)[0].key_id
        rotate(session, keys, orders, boss, START + 1)
        serial = newest_ring_serial(session)
        assert serial is not None
        tell("lounge-1", "node-2", serial)
        tell("lounge-2", "node-1", serial - 1)
        told = [(item.site, item.nodes) for item in sites_behind(session, serial)]
        assert told == [("lounge-1", ["node-1"]), ("lounge-2", ["node-1"])]
        with pytest.raises(Conflict, match=r"ring yet: lounge-1 \(node-1\), lounge-2 \(node-1\); wait"):
            revoke(session, keys, orders, boss, first, START + 2)
        assert newest_ring_serial(session) == serial
        tell("lounge-2", "node-1", serial)
        tell("lounge-1", "node-1", serial)
        revoke(session, keys, orders, boss, first, START + 3)
        second = list_keys(session)[0].key_id
        rotate(session, keys, orders, boss, START + 4)
        revoke(session, keys, orders, boss, second, START + 5, force=True)
        detail = session.scalars(select(AuditEntry.detail).order_by(AuditEntry.seq)).all()[-1]
        assert detail["sites_behind"] == ["lounge-1", "lounge-2"]


def test_edges_never_trust_more_keys_than_a_ring_holds(
    database: Database, keys: SigningKeys, orders: Orders, boss: Actor
) -> None:
    with database.session() as session:
        for step in range(RING_MAX - 1):
            rotate(session, keys, orders, boss, START + step)
        with pytest.raises(Conflict, match="revoke an old one first"):
            rotate(session, keys, orders, boss, START + 100)


def test_only_administrators_change_keys(database: Database, keys: SigningKeys, orders: Orders) -> None:
    with database.session() as session:
        paul = person(session, "paul", Role.PUBLISHER)
        with pytest.raises(NotAllowed):
            rotate(session, keys, orders, paul, START)
        with pytest.raises(NotAllowed):
            revoke(session, keys, orders, paul, list_keys(session)[0].key_id, START)


def test_a_lost_key_can_be_rotated_away(
    database: Database, keys: SigningKeys, orders: Orders, boss: Actor, tmp_path: Path
) -> None:
    (file,) = (tmp_path / "keys").iterdir()
    file.unlink()
    with database.session() as session:
        keys.start(session, START)
        made = rotate(session, keys, orders, boss, START + 1)
        make_sites(session, orders, boss, ["lounge-1"])
        assert order_of(session, "lounge-1").signatures[0].keyid == made.key_id


def test_a_revoked_private_half_that_a_crash_left_is_removed_at_the_next_start(
    database: Database, keys: SigningKeys, orders: Orders, boss: Actor, tmp_path: Path
) -> None:
    with database.session() as session:
        rotate(session, keys, orders, boss, START + 1)
        old = list_keys(session)[1].key_id
        revoke(session, keys, orders, boss, old, START + 2)
    assert (tmp_path / "keys" / f"{old}.pem").exists()
    with database.session() as session:
        keys.start(session, START + 3)
        active = list_keys(session)[0].key_id
    assert [path.stem for path in (tmp_path / "keys").iterdir()] == [active]


# --- over HTTP ------------------------------------------------------------------------------------


@pytest.fixture
def administrator(client: TestClient, parts: AdminParts) -> TestClient:
    """The client, as a pipeline of an administrator."""
    now = parts.now()
    with parts.database.session() as session:
        made = make_token(
            session, person(session, "anna", Role.ADMINISTRATOR), "test", Role.ADMINISTRATOR, now + 3600, now
        )
    client.headers["Authorization"] = f"Bearer {made.token}"
    return client


def test_keys_are_listed_rotated_and_revoked(administrator: TestClient, parts: AdminParts) -> None:
    first = administrator.get("/api/v1/keys").json()
    assert first["ring_serial"] is None
    assert [key.key_id for key in parse_keys(first["trusted"])] == [first["keys"][0]["key_id"]]
    made = administrator.post("/api/v1/keys/rotate")
    assert (made.status_code, made.json()["state"]) == (201, "active")
    both = administrator.get("/api/v1/keys").json()
    assert both["trusted"].split() == [made.json()["public_key"], first["keys"][0]["public_key"]]
    old = first["keys"][0]["key_id"]
    revoked = administrator.post(f"/api/v1/keys/{old}/revoke")
    assert (revoked.status_code, revoked.json()["key"]["state"]) == (200, "revoked")
    assert administrator.get("/api/v1/keys").json()["trusted"] == made.json()["public_key"]
    assert {path.stem for path in (parts.settings.data_folder / "keys").iterdir()} == {made.json()["key_id"]}


def test_who_is_not_known_sees_no_keys(client: TestClient) -> None:
    assert client.get("/api/v1/keys").status_code == 401
    assert client.post("/api/v1/keys/rotate").status_code == 401


@pytest.mark.parametrize(("key", "status"), [("0" * 16, 404), ("x", 422), ("0" * 17, 422)])
def test_other_keys_are_not_found(administrator: TestClient, key: str, status: int) -> None:
    assert administrator.post(f"/api/v1/keys/{key}/revoke").status_code == status

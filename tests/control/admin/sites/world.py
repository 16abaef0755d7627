"""People, published versions and sites to test with, made as the admin makes them but for the files' blobs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from control.admin.access.actor import Actor, Role
from control.admin.keys import SigningKeys
from control.admin.sites.orders import Orders
from control.admin.sites.sites import create_site
from control.admin.tables import Account, Showroom, Site, Version, VersionFile
from control.content.edge_api import Disk, NodeReport, ReleaseState, ShownRelease
from control.content.names import EdgeClass, Title
from control.content.release import FileEntry, ReleaseManifest
from control.content.signing import payload_digest

START = 1_800_000_000.0
"""Unix seconds at which tests begin."""


@dataclass(frozen=True, slots=True)
class Published:
    """A version that may be rolled out."""

    id: int
    showroom: str
    number: int
    release: str


def person(session: Session, name: str, role: Role) -> Actor:
    """Somebody with an account."""
    row = Account(name=name, role=role.word, language="en", disabled=False, created_at=START)
    session.add(row)
    session.flush()
    return Actor(row.id, name, role)


def publish(
    session: Session,
    keys: SigningKeys,
    by: Actor,
    showroom: str,
    number: int,
    data: bytes = b"model",
    edge_class: EdgeClass = "software",
) -> Published:
    """A version with one file of these bytes, signed."""
    if session.get(Showroom, showroom) is None:
        session.add(Showroom(slug=showroom, title_en=showroom, title_zh=showroom, created_at=START))
        session.flush()
    files = (FileEntry(path="showroom.json", digest=digest_of(data), size_bytes=len(data)),)
    title = Title(en=showroom, zh=showroom)
    manifest = ReleaseManifest(showroom=showroom, version=number, title=title, created_at=START + number, files=files)
    envelope = keys.sign(session, manifest)
    row = Version(
        showroom=showroom,
        number=number,
        state="published",
        created_by=by.account_id,
        edited_by=by.account_id,
        editors=[by.account_id],
        created_at=START,
        changed_at=START,
        edge_class=edge_class,
        release_digest=payload_digest(envelope),
        envelope=envelope.model_dump_json(),
        published_by=by.account_id,
        published_at=START,
    )
    session.add(row)
    session.flush()
    for item in files:
        session.add(VersionFile(version_id=row.id, path=item.path, digest=item.digest, size_bytes=item.size_bytes))
    return Published(row.id, showroom, number, payload_digest(envelope))


def retire(session: Session, version: Published) -> None:
    """So that it may not be ordered any more."""
    session.get_one(Version, version.id).state = "retired"


def make_sites(session: Session, orders: Orders, by: Actor, slugs: Sequence[str]) -> dict[str, str]:
    """Sites that show nothing yet; their tokens."""
    return {slug: create_site(session, orders, by, START, slug, slug.title(), "software")[1] for slug in slugs}


def digest_of(data: bytes) -> str:
    """As blobs are named."""
    return hashlib.sha256(data).hexdigest()


def node_report(
    session: Session,
    site: str,
    version: Published | None,
    state: ReleaseState = "showing",
    node: str = "node-1",
    error: str | None = None,
) -> NodeReport:
    """What a node of the site says that has heard of its newest order."""
    return report_of(session.get_one(Site, site).order_serial, version, state, node, error)


def report_of(
    serial: int,
    version: Published | None,
    state: ReleaseState = "showing",
    node: str = "node-1",
    error: str | None = None,
) -> NodeReport:
    """What a node says that is at that order's serial."""
    shown = (
        ()
        if version is None
        else (
            ShownRelease(
                showroom=version.showroom, version=version.number, release=version.release, state=state, error=error
            ),
        )
    )
    disk = Disk(used_bytes=1, budget_bytes=2, free_bytes=3)
    return NodeReport(node=node, software="1.0", order_serial=serial, showrooms=shown, disk=disk)

"""The tables. ``migrations/`` makes them; a test keeps the two alike.

Times are Unix seconds (UTC). Texts in JSON columns were checked by the models that they came from.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {dict[str, Any]: JSON, list[Any]: JSON, float: Float(53)}


# --- who ------------------------------------------------------------------------------------------


class Account(Table):
    """Somebody who may log in. ``role``: viewer, editor, publisher or administrator."""

    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    """argon2id; None: logs in by OpenID Connect alone."""
    oidc_subject: Mapped[str | None] = mapped_column(String(255), unique=True)
    language: Mapped[str] = mapped_column(String(8), default="en")
    disabled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[float]


class LoginSession(Table):
    """A browser that is logged in. The cookie has a random token; only its SHA-256 is kept."""

    __tablename__ = "login_sessions"
    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[float]
    seen_at: Mapped[float]
    expires_at: Mapped[float] = mapped_column(index=True)


class ApiToken(Table):
    """For pipelines: the command line sends it as a bearer token."""

    __tablename__ = "api_tokens"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    """The most that it may do; never more than its account may."""
    created_at: Mapped[float]
    expires_at: Mapped[float]
    seen_at: Mapped[float | None]


class AuditEntry(Table):
    """Who did what when. Each entry's hash covers the one before: a change or a gap shows. Never updated or deleted."""

    __tablename__ = "audit_entries"
    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    at: Mapped[float]
    actor: Mapped[str] = mapped_column(String(80))
    """``account:NAME``, ``site:NAME`` or ``system``."""
    action: Mapped[str] = mapped_column(String(64), index=True)
    """Like ``version.publish``."""
    subject: Mapped[str] = mapped_column(String(160), index=True)
    """Like ``showroom:branch/7``."""
    detail: Mapped[dict[str, Any]]
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


# --- content --------------------------------------------------------------------------------------


class Blob(Table):
    """A blob that is in the blob store, whole and verified."""

    __tablename__ = "blobs"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    stored_at: Mapped[float]
    wanted_at: Mapped[float] = mapped_column(default=0.0)
    """When somebody last asked for it who may be about to make a version with it."""


class BlobChange(Table):
    """Somebody who is storing a blob, or removing it. Nothing is in the blob store that has neither this nor a Blob."""

    __tablename__ = "blob_changes"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Random: several may store the same."""
    is_removal: Mapped[bool]
    since: Mapped[float] = mapped_column(index=True)


class Upload(Table):
    """A blob on its way. Its parts lie in the blob store until it is whole."""

    __tablename__ = "uploads"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), index=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    offset_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[float]
    touched_at: Mapped[float] = mapped_column(index=True)


class UploadPart(Table):
    """A part of an upload that is in the blob store, under ``name``."""

    __tablename__ = "upload_parts"
    upload_id: Mapped[str] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True)
    offset_bytes: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(32))


class Showroom(Table):
    """Something to visit; its versions are what is published."""

    __tablename__ = "showrooms"
    slug: Mapped[str] = mapped_column(String(63), primary_key=True)
    title_en: Mapped[str] = mapped_column(String(200))
    title_zh: Mapped[str] = mapped_column(String(200))
    last_number: Mapped[int] = mapped_column(default=0)
    """Of its versions; that of a deleted one is not given again."""
    created_at: Mapped[float]


class Version(Table):
    """One version of a showroom. ``state``: draft, validating, validated, rejected, published or retired."""

    __tablename__ = "versions"
    # Else SQLite gives the id of a deleted draft again, and addresses that name it would lead to another version.
    __table_args__ = (UniqueConstraint("showroom", "number"), {"sqlite_autoincrement": True})
    id: Mapped[int] = mapped_column(primary_key=True)
    showroom: Mapped[str] = mapped_column(ForeignKey("showrooms.slug"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), index=True)
    revision: Mapped[int] = mapped_column(default=1)
    """Grows with each change of its files: what was validated is what is published."""
    note: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    edited_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    editors: Mapped[list[Any]]
    """Ids of all accounts that had a hand in it: for four eyes."""
    created_at: Mapped[float]
    changed_at: Mapped[float]
    edge_class: Mapped[str] = mapped_column(String(16), default="software")
    """The weakest class of edge that it is meant for."""
    report: Mapped[dict[str, Any] | None]
    """Of the validation of this revision: ``control.admin.publishing.report.Report``."""
    release_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    envelope: Mapped[str | None] = mapped_column(Text)
    """The signed manifest, as JSON; once published."""
    published_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    published_at: Mapped[float | None]


class VersionFile(Table):
    """A file of a version. Its blob may be missing as long as the version is a draft."""

    __tablename__ = "version_files"
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True)
    path: Mapped[str] = mapped_column(String(255), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), index=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)


class VersionPicture(Table):
    """A small picture that the validation of a version drew. They go with the version and with its next validation."""

    __tablename__ = "version_pictures"
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(160), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(32))
    data: Mapped[bytes]


# --- sites ----------------------------------------------------------------------------------------


class Site(Table):
    """A place with edge nodes, which share one token and show the same."""

    __tablename__ = "sites"
    slug: Mapped[str] = mapped_column(String(63), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    edge_class: Mapped[str] = mapped_column(String(16))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    previous_token_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Still good for a while after a change of the token: see ``control.admin.sites.site_tokens``."""
    previous_token_until: Mapped[float | None]
    """When that one ends, in Unix seconds; None: the new one was not used yet."""
    created_at: Mapped[float]
    retired: Mapped[bool] = mapped_column(default=False)
    order_serial: Mapped[int] = mapped_column(BigInteger, default=0)
    order_envelope: Mapped[str] = mapped_column(Text)
    """The signed order of now, as JSON."""


class SiteRelease(Table):
    """What a site is to show; ``previous`` is what it showed before, for roll-back."""

    __tablename__ = "site_releases"
    site: Mapped[str] = mapped_column(ForeignKey("sites.slug", ondelete="CASCADE"), primary_key=True)
    showroom: Mapped[str] = mapped_column(ForeignKey("showrooms.slug"), primary_key=True)
    position: Mapped[int] = mapped_column(default=0)
    """Order of showrooms within the site; the lowest is entered without a choice."""
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"))
    previous_version_id: Mapped[int | None] = mapped_column(ForeignKey("versions.id"))
    ordered_at: Mapped[float]


class SiteGrant(Table):
    """A release that a site was ordered at some time: its nodes may fetch it."""

    __tablename__ = "site_grants"
    site: Mapped[str] = mapped_column(ForeignKey("sites.slug", ondelete="CASCADE"), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"), primary_key=True)


class NodeState(Table):
    """The last report of each node of a site."""

    __tablename__ = "node_states"
    site: Mapped[str] = mapped_column(ForeignKey("sites.slug", ondelete="CASCADE"), primary_key=True)
    node: Mapped[str] = mapped_column(String(64), primary_key=True)
    reported_at: Mapped[float]
    report: Mapped[dict[str, Any]]
    """``control.content.edge_api.NodeReport``."""


class Rollout(Table):
    """A release on its way to sites. ``state``: scheduled, running, paused, done, failed, cancelled or rolled-back."""

    __tablename__ = "rollouts"
    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), index=True)
    on_failure: Mapped[str] = mapped_column(String(16))
    """What is done where a node can't show it: pause or roll-back."""
    skip_absent: Mapped[bool]
    """Whether a site without a live node holds its wave (False) or is left to itself."""
    healthy_s: Mapped[float]
    """How long all live nodes of a site must show it without an error."""
    created_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[float]
    starts_at: Mapped[float]
    finished_at: Mapped[float | None]
    message: Mapped[str] = mapped_column(Text, default="")


class RolloutTarget(Table):
    """One site of a roll-out. ``state``: waiting, ordered, healthy, failed, skipped or rolled-back."""

    __tablename__ = "rollout_targets"
    rollout_id: Mapped[int] = mapped_column(ForeignKey("rollouts.id", ondelete="CASCADE"), primary_key=True)
    site: Mapped[str] = mapped_column(ForeignKey("sites.slug"), primary_key=True)
    wave: Mapped[int]
    """From 0."""
    state: Mapped[str] = mapped_column(String(16))
    previous_version_id: Mapped[int | None] = mapped_column(ForeignKey("versions.id"))
    """What the site showed before; None: it did not show the showroom, or was not ordered yet."""
    ordered_at: Mapped[float | None]
    order_serial: Mapped[int | None] = mapped_column(BigInteger)
    """Of the order that had it first: reports on older ones say nothing of it."""
    shown_since: Mapped[float | None]
    """All live nodes have shown it since then."""
    message: Mapped[str] = mapped_column(Text, default="")


class SigningKey(Table):
    """A key of the admin. ``state``: active (it signs), retired (edges still trust it) or revoked (they don't). Its
    private half is a file in the folder of keys."""

    __tablename__ = "signing_keys"
    __table_args__ = (
        # There is one active key, also where two admins start at once for the first time.
        Index(
            "uq_signing_keys_active",
            "state",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
    )
    key_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    public_key: Mapped[str] = mapped_column(String(44))
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[float]
    retired_at: Mapped[float | None]


class SignedKeyRing(Table):
    """Key rings as they were signed; edges get the newest."""

    __tablename__ = "signed_key_rings"
    serial: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    envelope: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[float]


# --- visits ---------------------------------------------------------------------------------------


class VisitReportSeen(Table):
    """Reports that were counted already."""

    __tablename__ = "visit_reports_seen"
    report_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    received_at: Mapped[float] = mapped_column(index=True)


class VisitHour(Table):
    """Visits to one version of a showroom at one site within one hour: sums of what its nodes reported."""

    __tablename__ = "visit_hours"
    __table_args__ = (Index("ix_visit_hours_hour", "hour"),)
    site: Mapped[str] = mapped_column(ForeignKey("sites.slug", ondelete="CASCADE"), primary_key=True)
    showroom: Mapped[str] = mapped_column(String(63), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hour: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    totals: Mapped[dict[str, Any]]
    """``control.content.edge_api.VisitTotals``."""

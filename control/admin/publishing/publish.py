"""Publishing: a validated version becomes a signed release, and at its end is retired."""

from __future__ import annotations

from typing import Final

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from control.admin import audit
from control.admin.access.actor import Actor, Role
from control.admin.errors import Conflict, NotAllowed
from control.admin.keys import SigningKeys
from control.admin.publishing.report import Report
from control.admin.publishing.version_state import Step
from control.admin.publishing.versions import files_of, find_version, missing_digests, subject_of, take_step
from control.admin.tables import Rollout, Site, SiteRelease, Version
from control.content.release import ReleaseManifest
from control.content.signing import payload_digest

_UNFINISHED: Final = ("scheduled", "running", "paused")


class Publisher:
    """Publishes and retires. ``four_eyes``: who had a hand in a version can't publish it."""

    def __init__(self, keys: SigningKeys, *, four_eyes: bool) -> None:
        self._keys = keys
        self._four_eyes = four_eyes

    def needs_other_eyes(self, version: Version, actor: Actor) -> bool:
        """Whether somebody else must publish it. An administrator is no exception."""
        return self._four_eyes and actor.account_id in version.editors

    def publish(self, session: Session, actor: Actor, now: float, version_id: int, revision: int) -> Version:
        """Sign what was validated. Raises NotFound, NotAllowed, and Conflict where ``revision``, which is what the
        publisher has seen, is not the newest, or it was not validated without an error."""
        actor.need(Role.PUBLISHER)
        version = find_version(session, version_id)
        if version.revision != revision:
            raise Conflict(f"somebody changed it meanwhile: it is at revision {version.revision}, you saw {revision}")
        if self.needs_other_eyes(version, actor):
            raise NotAllowed("four eyes: who has edited a version can't publish it; ask another publisher")
        take_step(version, Step.PUBLISH, now)
        report = Report.model_validate(version.report or {})
        if report.revision != version.revision or report.errors or report.title is None:
            raise Conflict("its report is not of this revision, or tells of errors: have it validated again")
        if missing_digests(session, version):
            raise Conflict("some of its blobs are gone from the store: upload them again")
        manifest = ReleaseManifest(
            showroom=version.showroom,
            version=version.number,
            title=report.title,
            created_at=now,
            files=files_of(session, version),
        )
        try:
            envelope = self._keys.sign(session, manifest)
        except ValidationError as error:
            raise Conflict(
                "its list of files is too long to be signed: give it fewer files, or shorter names"
            ) from error
        version.envelope = envelope.model_dump_json()
        version.release_digest = payload_digest(envelope)
        version.published_by = actor.account_id
        version.published_at = now
        detail = {
            "revision": version.revision,
            "release": version.release_digest,
            "keys": [signature.keyid for signature in envelope.signatures],
            "warnings": report.count("warning") + report.count("defect"),
        }
        audit.append(session, now, actor.audit_name, "version.publish", subject_of(version), detail)
        return version

    def retire(self, session: Session, actor: Actor, now: float, version_id: int) -> Version:
        """Have it never rolled out again. Raises NotFound, and Conflict where a site shows it or is about to."""
        actor.need(Role.PUBLISHER)
        version = find_version(session, version_id)
        sites = session.scalars(
            select(SiteRelease.site)
            .join(Site, Site.slug == SiteRelease.site)
            .where(SiteRelease.version_id == version.id, Site.retired.is_(False))
            .order_by(SiteRelease.site)
        ).all()
        if sites:
            raise Conflict(f"sites are ordered to show it: {', '.join(sites)}; roll out another version there first")
        rollout = session.scalars(
            select(Rollout.id).where(Rollout.version_id == version.id, Rollout.state.in_(_UNFINISHED)).limit(1)
        ).first()
        if rollout is not None:
            raise Conflict(f"roll-out {rollout} is about to show it; cancel that first")
        take_step(version, Step.RETIRE, now)
        audit.append(session, now, actor.audit_name, "version.retire", subject_of(version))
        return version

"""What the admin's routes work with; made once, by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection

from control.admin.access.limits import RequestLimits
from control.admin.access.login import FirstSetup, Logins
from control.admin.access.oidc.sign_on import SignOn
from control.admin.access.passwords import Passwords
from control.admin.audit_seal import AuditSealer
from control.admin.database import Database
from control.admin.keys import SigningKeys
from control.admin.publishing.publishing_parts import PublishingParts
from control.admin.settings import AdminSettings
from control.admin.sites.site_parts import SiteParts
from control.admin.storage.blob_store import BlobStore
from control.admin.storage.uploads import Uploads


@dataclass(frozen=True, slots=True)
class AdminParts:
    """Each part is a field: a route asks for ``Parts`` and takes what it needs."""

    settings: AdminSettings
    database: Database
    blobs: BlobStore
    uploads: Uploads
    keys: SigningKeys
    audit_sealer: AuditSealer
    sites: SiteParts
    publishing: PublishingParts
    now: Callable[[], float]
    """Unix seconds."""
    passwords: Passwords
    limits: RequestLimits
    logins: Logins
    sign_on: SignOn | None
    """Where an OpenID Connect issuer is set."""
    first_setup: FirstSetup | None
    """At the first start, until the process ends: without it, no account can be made without another."""


def _parts(connection: HTTPConnection) -> AdminParts:
    found = connection.app.state.parts
    assert isinstance(found, AdminParts), "set by create_admin_app"
    return found


Parts = Annotated[AdminParts, Depends(_parts)]
"""For a route's parameter, also a WebSocket's."""

"""The token that the nodes of a site share. Only its SHA-256 is kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from control.admin.errors import NotAllowed, NotSignedIn
from control.admin.tables import Site

PREFIX: Final = "ers_"
"""So that people, and tools that look for secrets, know what it is."""
_RANDOM_BYTES: Final = 32
_CHARS_MAX: Final = 128


def make_token() -> str:
    """A new one, with 256 random bits."""
    return PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)


def token_sha256(token: str) -> str:
    """As it is kept. The token is random in full: a slow hash would protect nothing more."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def site_of_token(session: Session, token: str) -> Site:
    """The site whose token it is, the new one or the one before. Only reads.

    Raises NotSignedIn where it is none, NotAllowed where the site is retired.
    """
    if not token.startswith(PREFIX) or len(token) > _CHARS_MAX:
        raise NotSignedIn("this needs a site's token (ers_…) as a bearer token: see the site's page in the admin")
    digest = token_sha256(token)
    found = session.scalars(
        select(Site).where(or_(Site.token_sha256 == digest, Site.previous_token_sha256 == digest))
    ).first()
    # The database looks the digest up, which says nothing of the token; the comparison takes the same time always.
    if found is None or not (
        hmac.compare_digest(found.token_sha256, digest) | hmac.compare_digest(found.previous_token_sha256 or "", digest)
    ):
        raise NotSignedIn("no site has this token; it may have been changed: make a new one on the site's page")
    if found.retired:
        raise NotAllowed(f"the site {found.slug} is retired: its nodes get nothing any more")
    return found


def is_first_use(site: Site, token: str) -> bool:
    """Whether the token is the site's new one while the one before is still good: then that one must end."""
    return site.previous_token_sha256 is not None and hmac.compare_digest(site.token_sha256, token_sha256(token))


def end_previous(session: Session, slug: str, token: str) -> None:
    """End the token before, now that the new one is used."""
    site = session.get(Site, slug)
    if site is not None and is_first_use(site, token):
        site.previous_token_sha256 = None


def replace_token(site: Site) -> str:
    """Give the site a new token and return it: the only time that it is seen. The one that nodes use now is good until
    the first request with the new one; a new one that was never used ends here."""
    token = make_token()
    if site.previous_token_sha256 is None:
        site.previous_token_sha256 = site.token_sha256
    site.token_sha256 = token_sha256(token)
    return token

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
GRACE_S: Final = 86400.0
"""How long the token before is good once the new one is used: a site may have several nodes, and not all get the new
one at the same moment."""
_RANDOM_BYTES: Final = 32
_CHARS_MAX: Final = 128


def make_token() -> str:
    """A new one, with 256 random bits."""
    return PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)


def token_sha256(token: str) -> str:
    """As it is kept. The token is random in full: a slow hash would protect nothing more."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def site_of_token(session: Session, token: str, now: float) -> Site:
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
        hmac.compare_digest(found.token_sha256, digest) | hmac.compare_digest(_previous(found, now), digest)
    ):
        raise NotSignedIn("no site has this token; it may have been changed: make a new one on the site's page")
    if found.retired:
        raise NotAllowed(f"the site {found.slug} is retired: its nodes get nothing any more")
    return found


def is_first_use(site: Site, token: str) -> bool:
    """Whether the token is the site's new one, which nobody used yet."""
    return is_new_unused(site) and hmac.compare_digest(site.token_sha256, token_sha256(token))


def note_first_use(session: Session, slug: str, token: str, now: float) -> None:
    """From now on the token before is good for GRACE_S."""
    site = session.get(Site, slug)
    if site is not None and is_first_use(site, token):
        site.previous_token_until = now + GRACE_S


def replace_token(site: Site) -> str:
    """Give the site a new token and return it: the only time that it is seen. The one that nodes use now is good until
    GRACE_S after the first request with the new one; a new one that was never used ends here."""
    token = make_token()
    if not is_new_unused(site):
        site.previous_token_sha256, site.previous_token_until = site.token_sha256, None
    site.token_sha256 = token_sha256(token)
    return token


def has_previous(site: Site, now: float) -> bool:
    """Whether the token before is still good."""
    return _previous(site, now) != ""


def end_previous(site: Site) -> None:
    """The token before is good no more."""
    site.previous_token_sha256 = site.previous_token_until = None


def is_new_unused(site: Site) -> bool:
    """Whether the site's token was changed, and nobody used the new one yet: the one before is good without an end."""
    return site.previous_token_sha256 is not None and site.previous_token_until is None


def _previous(site: Site, now: float) -> str:
    """The digest of the token before, while that is good; else nothing."""
    until = site.previous_token_until
    return "" if until is not None and now >= until else site.previous_token_sha256 or ""

"""Which site's node makes a request, by the site's token."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from control.admin.access.authentication import client_address
from control.admin.errors import NotAllowed, NotSignedIn
from control.admin.parts import AdminParts
from control.admin.sites.site_tokens import is_first_use, note_first_use, site_of_token


@dataclass(frozen=True, slots=True)
class AskingSite:
    """The site whose node asks, and its order as it was when the request came."""

    slug: str
    order_serial: int


def asking_site(request: Request, parts: AdminParts, token: str) -> AskingSite:
    """Blocks. The first use of a new token is noted here: the one before ends a day after it. Raises NotSignedIn,
    NotAllowed for a retired site, TooManyTries where too many tokens from that address were wrong."""
    address, limits = client_address(request), parts.sites.edge_limits
    limits.check(address)
    try:
        with parts.database.reading() as session:
            site = site_of_token(session, token, parts.now())
            asking, is_first = AskingSite(site.slug, site.order_serial), is_first_use(site, token)
    except (NotSignedIn, NotAllowed):
        limits.wrong_token(address)
        raise
    if is_first:
        with parts.database.session() as session:
            note_first_use(session, asking.slug, token, parts.now())
    return asking

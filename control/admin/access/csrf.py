"""Requests that another site makes in a visitor's browser are told from the pages' own (OWASP: synchroniser token, and
Fetch metadata)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from control.admin.errors import NotAllowed

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
HEADER: Final = "X-CSRF-Token"
FIELD: Final = "csrf_token"


def check_source(headers: Mapping[str, str], public_url: str | None) -> None:
    """Raises NotAllowed where the browser says that another site's page makes the request. Programs say nothing of it,
    and have no cookies of a visitor's. ``headers`` by lower-case names."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise NotAllowed("the request comes from another site's page", text="error.another-site")
    origin = headers.get("origin")
    if origin is None:
        return
    if public_url is not None:
        own = origin.lower() == public_url.lower()
    else:
        own = urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
    # With Sec-Fetch-Site the browser itself has compared the two, whatever a proxy made of the host's name.
    if not own and site != "same-origin":
        raise NotAllowed(
            "the request comes from another site's page; is --public-url how browsers reach the admin?",
            text="error.another-site",
        )


def check_token(expected: str, sent: str | None) -> None:
    """Raises NotAllowed where the session's token was not sent along. Compares in constant time."""
    if sent is None or not hmac.compare_digest(expected.encode(), sent.encode("utf-8", "surrogatepass")):
        raise NotAllowed(
            f"the request lacks the session's CSRF token ({HEADER}, or the form field {FIELD}); reload",
            text="error.csrf",
        )

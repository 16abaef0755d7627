"""In which language a page is: the account's, else the one chosen in this browser, else one that the browser likes."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from control.admin.access.accounts import LANGUAGES
from control.admin.access.cookies import cookie_name
from control.admin.settings import AdminSettings

COOKIE: Final = "edge_render_language"
TAGS: Final = {"en": "en", "zh": "zh-Hans"}
"""For the attribute ``lang``."""


def language_of(request: Request, settings: AdminSettings, account_language: str | None) -> str:
    """One of LANGUAGES."""
    chosen = account_language or request.cookies.get(cookie_name(settings, COOKIE))
    return chosen if chosen in LANGUAGES else liked_language(request.headers.get("accept-language", ""))


def liked_language(accept_language: str) -> str:
    """The first of LANGUAGES in the order of a browser's wishes (RFC 9110, 12.5.4); English where there is none."""
    wishes: list[tuple[float, str]] = []
    for wish in accept_language.split(",")[:20]:
        tag, _, parameter = wish.strip().partition(";")
        try:
            quality = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            quality = 0.0
        wishes.append((-quality, tag.partition("-")[0].lower()))
    # A stable sort keeps the browser's order among equals.
    for quality, language in sorted(wishes, key=lambda wish: wish[0]):
        if quality < 0 and language in LANGUAGES:
            return language
    return "en"

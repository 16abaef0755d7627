"""The session's cookie."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import Response

from control.admin.settings import AdminSettings

_NAME = "edge_render_session"


def _secure(settings: AdminSettings) -> bool:
    return settings.public_url is not None and settings.public_url.startswith("https://")


def cookie_name(settings: AdminSettings, name: str = _NAME) -> str:
    """With HTTPS the browser itself keeps other hosts from setting it (RFC 6265bis, 4.1.3.2)."""
    return f"__Host-{name}" if _secure(settings) else name


def session_token(request: HTTPConnection, settings: AdminSettings) -> str | None:
    """What the browser sent."""
    return request.cookies.get(cookie_name(settings))


def set_session_cookie(response: Response, settings: AdminSettings, token: str) -> None:
    """For the browser's session: its end is the server's to say."""
    set_cookie(response, settings, _NAME, token)


def set_cookie(
    response: Response, settings: AdminSettings, name: str, value: str, max_age_s: int | None = None
) -> None:
    """A cookie that scripts can't read and that other sites' forms don't send."""
    response.set_cookie(
        cookie_name(settings, name),
        value,
        max_age=max_age_s,
        path="/",
        secure=_secure(settings),
        httponly=True,
        samesite="lax",
    )


def clear_session_cookie(response: Response, settings: AdminSettings) -> None:
    """At the end of a session."""
    clear_cookie(response, settings, _NAME)


def clear_cookie(response: Response, settings: AdminSettings, name: str) -> None:
    """Have the browser forget it."""
    response.delete_cookie(
        cookie_name(settings, name), path="/", secure=_secure(settings), httponly=True, samesite="lax"
    )

"""A message for the next page: after a form was taken, the browser is sent on, and told there that it was."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from control.admin.access.cookies import clear_cookie, cookie_name, set_cookie
from control.admin.pages.texts import has_text
from control.admin.settings import AdminSettings

_COOKIE: Final = "edge_render_flash"
_KEPT_S: Final = 60
_MAX_CHARS: Final = 2000


@dataclass(frozen=True, slots=True)
class Flash:
    """What to say: a text's key and its values."""

    key: str
    values: dict[str, str]


def leave_flash(response: Response, settings: AdminSettings, flash: Flash) -> None:
    """For the next page of this browser."""
    told = json.dumps([flash.key, flash.values]).encode()
    set_cookie(response, settings, _COOKIE, urlsafe_b64encode(told).decode(), _KEPT_S)


def find_flash(request: Request, settings: AdminSettings) -> Flash | None:
    """That was left. A browser may send anything: what is none is passed over."""
    sent = request.cookies.get(cookie_name(settings, _COOKIE), "")
    if not sent or len(sent) > _MAX_CHARS:
        return None
    try:
        key, values = json.loads(urlsafe_b64decode(sent))
    except (ValueError, TypeError, RecursionError):
        return None
    if not (isinstance(key, str) and has_text(key) and isinstance(values, dict)):
        return None
    return Flash(key, {str(name): str(value) for name, value in values.items()})


def forget_flash(response: Response, settings: AdminSettings) -> None:
    """Once it is shown."""
    clear_cookie(response, settings, _COOKIE)

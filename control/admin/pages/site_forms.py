"""What the forms of sites have in common."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError

from control.admin.errors import Refused
from control.admin.texts import check_line
from control.content.keys import key_text
from control.content.names import Slug
from control.content.release import TrustedKey

_SLUG: TypeAdapter[str] = TypeAdapter(Slug)
_TITLE_MAX = 200


def checked_slug(typed: str) -> str:
    """A site's name in commands. Raises Refused."""
    try:
        return _SLUG.validate_python(typed.strip().lower())
    except ValidationError as error:
        raise Refused("a site's name has 1 to 63 of a-z, 0-9 and -", text="error.site-slug") from error


def checked_title(typed: str) -> str:
    """As people call the place. Raises Refused."""
    try:
        title = check_line(typed)
    except ValueError as error:
        raise Refused(f"the title {error}", text="error.site-title") from error
    if not 1 <= len(title) <= _TITLE_MAX:
        raise Refused(f"a title has 1 to {_TITLE_MAX} characters", text="error.site-title")
    return title


def node_command(admin_url: str, site: str, keys: Sequence[TrustedKey]) -> str:
    """What starts a node of the site, for a shell; its token is expected in the environment."""
    lines = (
        "edge-render node",
        f"--admin-url {admin_url}",
        f"--site {site}",
        f"--trusted-key {','.join(key_text(key) for key in keys)}",
        "--content-folder /var/lib/edge-render",
        "--host 0.0.0.0",  # visitors' phones are other machines
    )
    return " \\\n  ".join(lines)

"""Which pages there are, for the bar at the side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from control.admin.access.actor import Role

HOME: Final = "/overview"
"""Where ``/`` leads."""


@dataclass(frozen=True, slots=True)
class NavItem:
    """A page. ``key`` is the text's, ``nav.…``; who has a lower role does not see it. Pages below ``path`` and below
    ``others`` belong to it."""

    key: str
    path: str
    role: Role = Role.VIEWER
    others: tuple[str, ...] = ()

    def has(self, path: str) -> bool:
        """Whether a page belongs to it."""
        return path == self.path or path.startswith(tuple(f"{above}/" for above in (self.path, *self.others)))


ITEMS: Final = (
    NavItem("nav.overview", "/overview"),
    NavItem("nav.showrooms", "/showrooms", others=("/versions",)),
    NavItem("nav.sites", "/sites"),
    NavItem("nav.rollouts", "/rollouts"),
    NavItem("nav.visits", "/visits"),
    NavItem("nav.audit", "/audit", Role.PUBLISHER),
    NavItem("nav.keys", "/keys", Role.ADMINISTRATOR),
    NavItem("nav.accounts", "/accounts", Role.ADMINISTRATOR),
    NavItem("nav.account", "/account"),
)


def items_for(role: Role) -> list[NavItem]:
    """Those that the role may see."""
    return [item for item in ITEMS if role >= item.role]

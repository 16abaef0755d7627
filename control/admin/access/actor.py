"""Who asks, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from control.admin.errors import NotAllowed


class Role(IntEnum):
    """Each may do all that those before it may."""

    VIEWER = 1
    """Sees content, sites, visits."""
    EDITOR = 2
    """Makes and changes drafts, has them validated."""
    PUBLISHER = 3
    """Publishes, retires, rolls out and back."""
    ADMINISTRATOR = 4
    """Accounts, sites and their tokens, keys."""

    @property
    def word(self) -> str:
        """As it is stored and sent."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Role:
        """The one whose ``word`` it is. Raises KeyError."""
        return cls[word.upper()]


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who is logged in, or a pipeline with their token."""

    account_id: int
    name: str
    role: Role

    @property
    def audit_name(self) -> str:
        return f"account:{self.name}"

    def need(self, role: Role) -> None:
        """Raises NotAllowed where the role is a lower one."""
        if self.role < role:
            raise NotAllowed(
                f"this needs the role {role.word}; {self.name} is {self.role.word}",
                text="error.role",
                needed=role,
                has=self.role,
            )


SYSTEM = "system"
"""As who the admin's own work is logged."""

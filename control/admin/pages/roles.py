"""Roles in forms."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Form

from control.admin.access.actor import Role
from control.admin.api.account_views import RoleWord
from control.admin.pages.page import Page

RoleWordForm: TypeAlias = Annotated[RoleWord, Form()]


def role_options(page: Page, most: Role = Role.ADMINISTRATOR) -> list[tuple[str, str]]:
    """Value and text of each role up to ``most``, in the page's language."""
    return [(role.word, page.text(f"role.{role.word}")) for role in Role if role <= most]

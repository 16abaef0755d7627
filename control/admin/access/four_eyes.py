"""Four eyes: with that setting, nobody publishes what they made themselves."""

from __future__ import annotations

from control.admin.access.actor import Actor
from control.admin.settings import AdminSettings
from control.admin.tables import Version


def needs_other_eyes(version: Version, actor: Actor, settings: AdminSettings) -> bool:
    """Whether somebody else must publish the version: the actor began it, or changed it last. Who changes a draft of
    somebody's has looked at it; an administrator is no exception."""
    return settings.four_eyes and actor.account_id in (version.created_by, version.edited_by)

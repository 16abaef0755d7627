"""Four eyes: who made a version does not publish it."""

from __future__ import annotations

import pytest

from control.admin.access.actor import Actor, Role
from control.admin.access.four_eyes import needs_other_eyes
from control.admin.settings import AdminSettings
from control.admin.tables import Version

PAUL = Actor(3, "paul", Role.PUBLISHER)


@pytest.mark.parametrize(
    ("created_by", "edited_by", "needed"), [(3, 3, True), (3, 4, True), (4, 3, True), (4, 5, False)]
)
def test_who_had_a_hand_in_it_needs_another(created_by: int, edited_by: int, needed: bool) -> None:
    version = Version(created_by=created_by, edited_by=edited_by)
    assert needs_other_eyes(version, PAUL, AdminSettings(four_eyes=True)) is needed
    assert not needs_other_eyes(version, PAUL, AdminSettings(four_eyes=False))

"""What must not be done twice is asked again only where it was not done."""

from __future__ import annotations

import pytest

from control.admin_client.errors import ClientError, Refused, Unreachable
from control.admin_client.once import once

BROKEN = Unreachable("broke", sent=True)
AWAY = Unreachable("away", sent=False)
NO_ANSWER = Refused("no answer", 504, "failed")
CONFLICT = Refused("not in this state", 409, "conflict")


class Admin:
    """Fails as it is told; ``does``: whether it did it all the same."""

    def __init__(self, *failures: ClientError, does: bool = False) -> None:
        self._failures = list(failures)
        self._does = does
        self.done = 0

    async def ask(self) -> str:
        if not self._failures:
            self.done += 1
            return "answered"
        self.done += self._does
        raise self._failures.pop(0)

    async def find(self) -> str | None:
        return "found" if self.done else None


@pytest.mark.parametrize("lost", [BROKEN, NO_ANSWER])
async def test_a_lost_answer_is_looked_up(lost: ClientError) -> None:
    admin = Admin(lost, does=True)
    assert await once(admin.ask, admin.find) == "found"
    assert admin.done == 1


@pytest.mark.parametrize("lost", [BROKEN, NO_ANSWER])
async def test_what_was_not_done_is_asked_again(lost: ClientError) -> None:
    admin = Admin(lost, lost)
    assert await once(admin.ask, admin.find) == "answered"
    assert admin.done == 1


@pytest.mark.parametrize("error", [AWAY, CONFLICT])
async def test_a_clear_answer_is_one(error: ClientError) -> None:
    with pytest.raises(type(error), match=str(error)):
        await once(Admin(error).ask, Admin().find)


async def test_it_is_not_tried_for_ever() -> None:
    admin = Admin(*[BROKEN] * 5)
    with pytest.raises(Unreachable):
        await once(admin.ask, admin.find)

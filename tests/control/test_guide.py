"""Who leads a guided visit, and how long one waits for a presenter who was lost."""

from __future__ import annotations

from control.guide import WAITING_MAX, Guide, Guides
from stream import X264, Broadcast, StreamSettings
from stream.codec.encoder import Encoder
from stream.codec.encoder_probe import make_encoder

SETTINGS = StreamSettings()


class Follower:
    """Follows without a look."""

    def on_scene(self) -> None:
        """Another scene is the same to them."""

    def end(self, reason: str) -> None:
        """Nor do they mind the end."""


class Presenter:
    """Notes what a presenter is told."""

    def __init__(self) -> None:
        self.ended_by = ""

    def on_followers(self) -> None:
        """The number is the guide's to know."""

    def end(self, reason: str) -> None:
        self.ended_by = reason


def guides() -> Guides:
    def make() -> Encoder:
        return make_encoder(X264, SETTINGS)

    return Guides(lambda: Broadcast(make, make, SETTINGS))


def led(some: Guides) -> tuple[Guide, Presenter]:
    guide, presenter = some.open("Mei"), Presenter()
    guide.lead(presenter)
    return guide, presenter


async def test_a_presenter_who_was_lost_finds_the_guided_visit_by_code_and_key() -> None:
    some = guides()
    guide, presenter = led(some)
    told = guide.tell_code()
    guide.leave_lead(presenter, for_good=False)
    assert some.resume(told.code, told.key) is guide
    assert some.resume(told.code, "guessed") is None
    some.close()
    assert some.resume(told.code, told.key) is None


async def test_nobody_waits_for_a_presenter_who_was_never_told_the_code() -> None:
    some = guides()
    guide, presenter = led(some)
    guide.leave_lead(presenter, for_good=False)
    assert some.resume(guide.code, guide.key) is None


async def test_no_more_guided_visits_wait_than_the_bound_and_those_with_followers_longest() -> None:
    some, lost = guides(), list[Guide]()
    for _ in range(WAITING_MAX):
        guide, presenter = led(some)
        guide.tell_code()
        if not lost:
            guide.join(Follower())
        guide.leave_lead(presenter, for_good=False)
        lost.append(guide)
    assert some.resume(lost[0].code, lost[0].key) is lost[0]
    assert some.resume(lost[1].code, lost[1].key) is lost[1]
    some.open("Lin")
    assert some.resume(lost[0].code, lost[0].key) is lost[0], "somebody follows it"
    assert some.resume(lost[1].code, lost[1].key) is None
    some.close()


async def test_who_leads_a_guided_visit_that_ends_is_told_why() -> None:
    guide, presenter = led(guides())
    guide.close("encoder-failed")
    guide.close()
    assert presenter.ended_by == "encoder-failed"

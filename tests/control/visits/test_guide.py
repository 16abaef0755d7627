"""Who leads a guided visit, and how long one waits for a presenter who was lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.nobody import Nobody
from control.fleet.tokens import GuideHold
from control.showroom.gpu_scenes import GpuScenes
from control.showroom.hosted_edition import HostedEdition
from control.showroom.scene_residency import SceneResidency
from control.showroom.showroom_host import ShowroomHost
from control.visits.guide import WAITING_MAX, Guide, Guides
from edge_render.derived_cache import DerivedCache
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from edge_render.package import open_package
from edge_render.render_loop import RenderLoop
from stream import X264, Broadcast, StreamSettings
from stream.codec.encoder import Encoder
from stream.codec.encoder_probe import make_encoder
from tests.control.showroom.test_showroom_host import SMALL, write_showroom

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


@pytest.fixture
def edition(tmp_path: Path) -> HostedEdition:
    """One of which nothing is loaded."""
    package = open_package(write_showroom(tmp_path, {}, hall=SMALL))
    gpu = GpuScenes(RenderLoop(lambda: GlRenderer(GlContext.open()), Nobody()), SceneResidency(2**30))
    return HostedEdition("branch", 1, "0" * 64, ShowroomHost(package, gpu, DerivedCache(tmp_path / "cache")))


def led(some: Guides, edition: HostedEdition) -> tuple[Guide, Presenter]:
    guide, presenter = some.open("Mei", edition), Presenter()
    guide.lead(presenter)
    return guide, presenter


async def test_a_presenter_who_was_lost_finds_the_guided_visit_by_code_and_key(edition: HostedEdition) -> None:
    some = guides()
    guide, presenter = led(some, edition)
    told = guide.tell_code()
    guide.leave_lead(presenter, for_good=False)
    assert some.resume(told.code, told.key) is guide
    assert some.resume(told.code, "guessed") is None
    some.close()
    assert some.resume(told.code, told.key) is None


async def test_nobody_waits_for_a_presenter_who_was_never_told_the_code(edition: HostedEdition) -> None:
    some = guides()
    guide, presenter = led(some, edition)
    guide.leave_lead(presenter, for_good=False)
    assert some.resume(guide.code, guide.key) is None


async def test_no_more_guided_visits_wait_than_the_bound_and_those_with_followers_longest(
    edition: HostedEdition,
) -> None:
    some, lost = guides(), list[Guide]()
    for _ in range(WAITING_MAX):
        guide, presenter = led(some, edition)
        guide.tell_code()
        if not lost:
            guide.join(Follower())
        guide.leave_lead(presenter, for_good=False)
        lost.append(guide)
    assert some.resume(lost[0].code, lost[0].key) is lost[0]
    assert some.resume(lost[1].code, lost[1].key) is lost[1]
    some.open("Lin", edition)
    assert some.resume(lost[0].code, lost[0].key) is lost[0], "somebody follows it"
    assert some.resume(lost[1].code, lost[1].key) is None
    some.close()


async def test_who_leads_a_guided_visit_that_ends_is_told_why(edition: HostedEdition) -> None:
    guide, presenter = led(guides(), edition)
    guide.close("encoder-failed")
    guide.close()
    assert presenter.ended_by == "encoder-failed"


async def test_a_guided_visit_that_goes_on_elsewhere_stays_for_its_followers(edition: HostedEdition) -> None:
    some = guides()
    guide, presenter = led(some, edition)
    guide.tell_code()
    guide.join(Follower())
    guide.leave_lead(presenter, for_good=False, elsewhere=True)
    assert not guide.led
    assert some.all() == (guide,)
    alone, presenter = led(some, edition)
    alone.tell_code()
    alone.leave_lead(presenter, for_good=False, elsewhere=True)
    assert some.all() == (guide,), "of that one nobody is here any more"
    some.close()


async def test_a_guided_visit_is_opened_by_the_code_and_key_that_it_had_elsewhere(edition: HostedEdition) -> None:
    some, hold = guides(), GuideHold(code="K7WX2P9Q", key="secret")
    guide = some.open("Mei", edition, hold)
    assert some.resume("k7wx-2p9q", "secret") is guide
    assert some.find("K7WX2P9Q", "192.0.2.1", 0.0) is guide
    another = some.open("Somebody", edition, GuideHold(code="K7WX2P9Q", key="guessed"))
    assert another.code != guide.code, "who has another key leads another one"
    some.close()

"""Which scenes stay on the GPU."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from control.errors import SceneTooLarge
from control.showroom.scene_residency import UNKNOWN_BUDGET_BYTES, SceneResidency, gpu_budget_bytes
from edge_render.room import Room, SharedRoom

MIB = 1024 * 1024


def residency(budget_mib: int = 100, *kept: str) -> SceneResidency:
    scenes = SceneResidency(budget_mib * MIB)
    for name in kept:
        scenes.keep(name)
    return scenes


def room(size_mib: int, shared: SharedRoom | None = None) -> Room:
    return Room(size_mib * MIB, shared)


def test_the_scene_that_was_left_longest_ago_goes_first() -> None:
    scenes = residency()
    for name in ("hall", "lounge", "vault"):
        assert scenes.make_room(name, room(30)) == []
    for name in ("lounge", "vault", "hall"):
        scenes.leave(name)
    assert scenes.make_room("garden", room(60)) == ["lounge", "vault"]
    assert scenes.sizes() == {"hall": 30 * MIB, "garden": 60 * MIB}


def test_scenes_that_somebody_is_in_stay_and_the_figures_say_so() -> None:
    scenes = residency()
    scenes.make_room("hall", room(60))
    scenes.make_room("lounge", room(30))
    scenes.leave("lounge")
    with pytest.raises(SceneTooLarge) as refused:
        scenes.make_room("vault", room(50))
    assert "'vault' needs about 50 MiB" in str(refused.value)
    assert "the budget is 100 MiB, of which 60 MiB can't be freed now ('hall' 60 MiB)" in str(refused.value)
    assert set(scenes.sizes()) == {"hall", "lounge"}, "who goes for nothing has gone for nothing"


def test_a_scene_larger_than_the_whole_budget_is_refused() -> None:
    with pytest.raises(SceneTooLarge, match="needs about 101 MiB of GPU memory, the budget is 100 MiB: give"):
        residency().make_room("hall", room(101))


def test_the_kept_scene_stays_though_nobody_is_in_it() -> None:
    scenes = residency(100, "hall")
    scenes.make_room("hall", room(60))
    scenes.leave("hall")
    with pytest.raises(SceneTooLarge, match="'hall' 60 MiB"):
        scenes.make_room("vault", room(50))


def test_what_is_kept_no_more_goes_like_any_other() -> None:
    scenes = residency(100, "hall")
    scenes.make_room("hall", room(60))
    scenes.leave("hall")
    scenes.keep_no_more("hall")
    assert scenes.make_room("vault", room(50)) == ["hall"]


def test_nothing_goes_for_what_is_loaded_in_advance() -> None:
    scenes = residency()
    scenes.make_room("hall", room(60))
    scenes.leave("hall")
    with pytest.raises(SceneTooLarge):
        scenes.make_room("vault", room(50), evict=False)
    assert scenes.make_room("vault", room(50)) == ["hall"]


def test_each_use_counts() -> None:
    scenes = residency()
    scenes.make_room("hall", room(60))
    scenes.enter("hall")
    scenes.leave("hall")
    with pytest.raises(SceneTooLarge):
        scenes.make_room("vault", room(50))
    scenes.leave("hall")
    assert scenes.make_room("vault", room(50)) == ["hall"]


def test_what_failed_to_load_gives_its_room_back() -> None:
    scenes = residency()
    scenes.make_room("hall", room(100))
    scenes.forget("hall")
    assert scenes.used_bytes == 0


def test_a_driver_that_does_not_tell_gets_a_usual_budget() -> None:
    assert gpu_budget_bytes(None) == UNKNOWN_BUDGET_BYTES
    assert gpu_budget_bytes(8 * 1024 * MIB) == 6 * 1024 * MIB


TILES = SharedRoom("tiles", 40 * MIB)


def test_what_scenes_share_counts_once_and_goes_with_the_last_of_them() -> None:
    scenes = residency()
    for name in ("lobby", "garden"):
        assert scenes.make_room(name, room(10, TILES)) == []
    assert scenes.used_bytes == 60 * MIB
    assert scenes.sizes() == {"lobby": 10 * MIB, "garden": 10 * MIB, "tiles": 40 * MIB}
    for name in ("lobby", "garden"):
        scenes.leave(name)
    assert scenes.make_room("hall", room(80)) == ["lobby", "garden"], "the tiles are in the way until both are gone"


def test_the_figures_say_what_is_shared_and_once() -> None:
    scenes = residency()
    scenes.make_room("lobby", room(10, TILES))
    with pytest.raises(SceneTooLarge, match=r"needs about 60 MiB .* 50 MiB can't .*\('lobby' 10 MiB, 'tiles' 40"):
        scenes.make_room("garden", room(60, TILES))


def test_a_video_that_is_larger_than_was_thought_keeps_others_out() -> None:
    scenes = residency()
    scenes.make_room("square", room(10))
    scenes.resize("square", room(70))
    with pytest.raises(SceneTooLarge, match="'square' 70 MiB"):
        scenes.make_room("hall", room(50))
    scenes.resize("gone", room(70))
    assert set(scenes.sizes()) == {"square"}


def test_whether_it_would_help_to_leave() -> None:
    scenes = residency(100, "hall")
    scenes.make_room("hall", room(20))
    scenes.make_room("vault", room(60))
    assert scenes.fits_without(room(70), "vault")
    assert not scenes.fits_without(room(90), "vault"), "the hall is kept"
    assert not scenes.fits_without(room(70), "hall")
    scenes.enter("vault")
    assert not scenes.fits_without(room(70), "vault"), "somebody else is there too"


class Visits(RuleBasedStateMachine):
    """Visitors come, go and choose scenes in any order."""

    inside = Bundle("inside")

    def __init__(self) -> None:
        super().__init__()
        self.scenes = residency()
        self.users: dict[str, int] = {}

    @rule(target=inside, name=st.sampled_from("abcdef"), size_mib=st.integers(1, 120))
    def go(self, name: str, size_mib: int) -> str:
        if name in self.scenes.sizes():
            self.scenes.enter(name)
        else:
            try:
                going = self.scenes.make_room(name, room(size_mib))
            except SceneTooLarge:
                return ""
            assert not any(self.users.get(other) for other in going)
        self.users[name] = self.users.get(name, 0) + 1
        return name

    @rule(name=consumes(inside))
    def leave(self, name: str) -> None:
        if name:
            self.scenes.leave(name)
            self.users[name] -= 1

    @invariant()
    def budget_holds_and_nobody_loses_a_scene(self) -> None:
        assert self.scenes.used_bytes <= self.scenes.budget_bytes
        assert {name for name, count in self.users.items() if count} <= set(self.scenes.sizes())


Visits.TestCase.settings = settings(max_examples=50, deadline=None)
TestVisits = Visits.TestCase

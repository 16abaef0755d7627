"""Which scenes stay on the GPU."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from control.errors import SceneTooLarge
from control.scene_residency import UNKNOWN_BUDGET_BYTES, SceneResidency, gpu_budget_bytes

MIB = 1024 * 1024


def residency(budget_mib: int = 100, *kept: str) -> SceneResidency:
    return SceneResidency(budget_mib * MIB, frozenset(kept))


def test_the_scene_that_was_left_longest_ago_goes_first() -> None:
    scenes = residency()
    for name in ("hall", "lounge", "vault"):
        assert scenes.make_room(name, 30 * MIB) == []
    for name in ("lounge", "vault", "hall"):
        scenes.leave(name)
    assert scenes.make_room("garden", 60 * MIB) == ["lounge", "vault"]
    assert scenes.sizes() == {"hall": 30 * MIB, "garden": 60 * MIB}


def test_scenes_that_somebody_is_in_stay_and_the_figures_say_so() -> None:
    scenes = residency()
    scenes.make_room("hall", 60 * MIB)
    scenes.make_room("lounge", 30 * MIB)
    scenes.leave("lounge")
    with pytest.raises(SceneTooLarge) as refused:
        scenes.make_room("vault", 50 * MIB)
    assert "'vault' needs about 50 MiB" in str(refused.value)
    assert "the budget is 100 MiB, of which 60 MiB can't be freed now ('hall' 60 MiB)" in str(refused.value)
    assert set(scenes.sizes()) == {"hall", "lounge"}, "who goes for nothing has gone for nothing"


def test_a_scene_larger_than_the_whole_budget_is_refused() -> None:
    with pytest.raises(SceneTooLarge, match="needs about 101 MiB of GPU memory, the budget is 100 MiB: give"):
        residency().make_room("hall", 101 * MIB)


def test_the_kept_scene_stays_though_nobody_is_in_it() -> None:
    scenes = residency(100, "hall")
    scenes.make_room("hall", 60 * MIB)
    scenes.leave("hall")
    with pytest.raises(SceneTooLarge, match="'hall' 60 MiB"):
        scenes.make_room("vault", 50 * MIB)


def test_nothing_goes_for_what_is_loaded_in_advance() -> None:
    scenes = residency()
    scenes.make_room("hall", 60 * MIB)
    scenes.leave("hall")
    with pytest.raises(SceneTooLarge):
        scenes.make_room("vault", 50 * MIB, evict=False)
    assert scenes.make_room("vault", 50 * MIB) == ["hall"]


def test_each_use_counts() -> None:
    scenes = residency()
    scenes.make_room("hall", 60 * MIB)
    scenes.enter("hall")
    scenes.leave("hall")
    with pytest.raises(SceneTooLarge):
        scenes.make_room("vault", 50 * MIB)
    scenes.leave("hall")
    assert scenes.make_room("vault", 50 * MIB) == ["hall"]


def test_what_failed_to_load_gives_its_room_back() -> None:
    scenes = residency()
    scenes.make_room("hall", 100 * MIB)
    scenes.forget("hall")
    assert scenes.used_bytes == 0


def test_a_driver_that_does_not_tell_gets_a_usual_budget() -> None:
    assert gpu_budget_bytes(None) == UNKNOWN_BUDGET_BYTES
    assert gpu_budget_bytes(8 * 1024 * MIB) == 6 * 1024 * MIB


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
                going = self.scenes.make_room(name, size_mib * MIB)
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

"""Which renderer a visitor is sent to."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from control.fleet.states import RendererState, ShownShowroom
from control.kube.choice import Choice

LOBBY = ShownShowroom(name="branch", scenes=("lobby",))
BRANCH = ShownShowroom(name="branch")
LOUNGE = ShownShowroom(name="lounge")


def state(visits: int = 0, capacity: int = 4, *shown: ShownShowroom, **others: bool) -> RendererState:
    return RendererState(
        name="r",
        ready=others.get("ready", True),
        draining=others.get("draining", False),
        visits=visits,
        capacity=capacity,
        followers=0,
        follower_capacity=0,
        showrooms=shown or (BRANCH,),
    )


@pytest.fixture
def choice() -> Choice:
    return Choice(Random(7))


def test_those_that_have_the_scene_come_first_then_those_that_show_the_showroom(choice: Choice) -> None:
    choice.tell("busy-with-scene", state(3, 4, LOBBY))
    choice.tell("empty", state(0, 4, BRANCH))
    choice.tell("elsewhere", state(0, 4, LOUNGE))

    assert list(choice.candidates("branch", "lobby")) == ["busy-with-scene", "empty"]
    assert set(choice.candidates(None)) == {"busy-with-scene", "empty", "elsewhere"}
    assert list(choice.candidates("unknown")) == []


def test_of_two_it_is_the_one_that_is_less_used(choice: Choice) -> None:
    choice.tell("large", state(10, 100))
    choice.tell("small", state(1, 4))

    assert list(choice.candidates("branch")) == ["large", "small"]


def test_the_same_renderer_comes_first_where_a_visitor_had_been_though_it_is_full(choice: Choice) -> None:
    choice.tell("empty", state(0))
    choice.tell("full", state(4))
    choice.tell("going", state(0, draining=True))

    assert list(choice.candidates("branch", prefer="full")) == ["full", "empty"]
    assert list(choice.candidates("branch", prefer="going")) == ["empty"]
    assert list(choice.candidates("branch", prefer="full", avoid={"full"})) == ["empty"]


def test_one_that_is_full_by_its_own_words_is_not_asked(choice: Choice) -> None:
    choice.tell("r", state(4, 4))

    assert list(choice.candidates("branch")) == []
    assert (choice.free_places("branch"), choice.shown("branch")) == (0, 1)


def test_a_burst_does_not_pile_up_on_one(choice: Choice) -> None:
    for number in range(10):
        choice.tell(f"r{number}", state(0, 10))

    taken: Counter[str] = Counter()
    for _ in range(90):
        uid = next(choice.candidates("branch"))
        choice.ask(uid)
        taken[uid] += 1

    assert choice.free_places("branch") == 10
    assert max(taken.values()) <= 10


def test_places_that_were_given_count_until_the_next_line(choice: Choice) -> None:
    choice.tell("r", state(0, 2))
    choice.answered("r", choice.ask("r"), entered=True)
    assert choice.free_places("branch") == 1

    choice.tell("r", state(1, 2))

    assert choice.free_places("branch") == 1


def test_a_line_that_came_before_the_answer_counts_the_visit_already(choice: Choice) -> None:
    choice.tell("r", state(0, 2))
    asked_at = choice.ask("r")
    choice.tell("r", state(1, 2))

    choice.answered("r", asked_at, entered=True)

    assert choice.free_places("branch") == 1


def test_a_place_that_is_asked_for_counts_beyond_a_line_and_not_when_it_was_not_given(choice: Choice) -> None:
    choice.tell("r", state(0, 2))
    asked_at = choice.ask("r")
    choice.tell("r", state(0, 2))
    assert choice.free_places("branch") == 1

    choice.answered("r", asked_at, entered=False)

    assert choice.free_places("branch") == 2


def test_one_that_refused_is_believed_until_its_next_line(choice: Choice) -> None:
    choice.tell("refused", state(0, 4))
    choice.tell("nearly-full", state(3, 4))
    choice.answered("refused", choice.ask("refused"), entered=False, full=True)
    assert list(choice.candidates("branch")) == ["nearly-full"]

    choice.tell("refused", state(1, 4))

    assert next(choice.candidates("branch")) == "refused"


def test_a_line_that_came_before_a_refusal_was_read_is_the_newer_word(choice: Choice) -> None:
    choice.tell("r", state(3, 4))
    asked_at = choice.ask("r")
    choice.tell("r", state(3, 4))

    choice.answered("r", asked_at, entered=False, full=True)

    assert list(choice.candidates("branch")) == ["r"]


def test_a_place_that_somebody_is_asking_for_may_come_free_again(choice: Choice) -> None:
    choice.tell("asked", state(3, 4))
    choice.tell("free", state(3, 4))
    choice.ask("asked")

    assert choice.free_places("branch") == 1
    assert list(choice.candidates("branch")) == ["free", "asked"]


def test_what_is_learned_while_one_is_asked_counts_for_the_next(choice: Choice) -> None:
    for number in range(3):
        choice.tell(f"r{number}", state())
    candidates = choice.candidates("branch")
    first = next(candidates)
    second, third = sorted({"r0", "r1", "r2"} - {first})

    choice.forget(second)
    choice.tell("new", state())

    assert set(candidates) == {third, "new"}


@dataclass
class Model:
    """What is known of one renderer, written down plainly."""

    state: RendererState
    asked: int = 0
    entered: int = 0
    refused: bool = False
    lines: int = 1

    def free(self) -> int:
        return 0 if self.refused else max(0, self.state.free - self.entered)

    def left(self) -> int:
        return max(0, self.free() - self.asked)


SHOWROOMS = st.lists(
    st.builds(
        ShownShowroom,
        name=st.sampled_from(("branch", "lounge")),
        scenes=st.sets(st.sampled_from(("lobby", "vault"))).map(lambda scenes: tuple(sorted(scenes))),
    ),
    max_size=2,
    unique_by=lambda shown: shown.name,
)
UIDS = st.sampled_from([f"r{number}" for number in range(6)])


class AgainstANaiveModel(RuleBasedStateMachine):
    """The lists say at any time what a search through all renderers would."""

    def __init__(self) -> None:
        super().__init__()
        self.choice = Choice(Random(3))
        self.model: dict[str, Model] = {}
        self.asked: list[tuple[str, int, int]] = []

    @rule(uid=UIDS, visits=st.integers(0, 3), capacity=st.integers(0, 3), shown=SHOWROOMS, open_=st.integers(0, 9))
    def tell(self, uid: str, visits: int, capacity: int, shown: list[ShownShowroom], open_: int) -> None:
        line = RendererState(
            name=uid,
            ready=open_ != 0,
            draining=open_ == 1,
            visits=visits,
            capacity=capacity,
            followers=0,
            follower_capacity=0,
            showrooms=tuple(shown),
        )
        self.choice.tell(uid, line)
        before = self.model.pop(uid, None)
        if open_ > 1:
            self.model[uid] = Model(line, before.asked, lines=before.lines + 1) if before else Model(line)

    @rule(uid=UIDS)
    def forget(self, uid: str) -> None:
        self.choice.forget(uid)
        self.model.pop(uid, None)

    @rule(uid=UIDS)
    def ask(self, uid: str) -> None:
        known = self.model.get(uid)
        self.asked.append((uid, self.choice.ask(uid), known.lines if known else 0))
        if known:
            known.asked += 1

    @precondition(lambda self: self.asked)
    @rule(which=st.integers(0, 1000), entered=st.booleans(), full=st.booleans())
    def answered(self, which: int, entered: bool, full: bool) -> None:
        uid, asked_at, lines = self.asked.pop(which % len(self.asked))
        self.choice.answered(uid, asked_at, entered=entered, full=full)
        if known := self.model.get(uid):
            known.asked = max(0, known.asked - 1)
            if known.lines == lines:
                known.entered += entered
                known.refused |= full

    @invariant()
    def sums_are_right(self) -> None:
        for showroom in (None, "branch", "lounge"):
            here = self._showing(showroom)
            assert self.choice.free_places(showroom) == sum(self.model[uid].left() for uid in here)
            assert self.choice.shown(showroom) == len(here)

    @invariant()
    def all_that_may_have_a_place_come_once_and_the_best_first(self) -> None:
        for showroom, scene in itertools.product((None, "branch", "lounge"), (None, "lobby")):
            here = self._showing(showroom)
            drawn = list(self.choice.candidates(showroom, scene))
            assert sorted(drawn) == sorted(uid for uid in here if self.model[uid].free())
            ranks = [self._rank(uid, showroom, scene) for uid in drawn]
            assert ranks == sorted(ranks)

    def _showing(self, showroom: str | None) -> set[str]:
        return {
            uid
            for uid, known in self.model.items()
            if showroom is None or any(shown.name == showroom for shown in known.state.showrooms)
        }

    def _rank(self, uid: str, showroom: str | None, scene: str | None) -> int:
        known = self.model[uid]
        if not known.left():
            return 2
        has_scene = any(
            scene in shown.scenes for shown in known.state.showrooms if showroom is None or shown.name == showroom
        )
        return 0 if has_scene else 1


AgainstANaiveModel.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAgainstANaiveModel = AgainstANaiveModel.TestCase


@given(st.integers(2, 40), st.integers())
def test_the_most_used_of_all_is_chosen_only_when_no_other_is_left(count: int, seed: int) -> None:
    choice = Choice(Random(seed))
    for number in range(count):
        choice.tell(f"r{number}", state(number, count + 1))

    assert list(choice.candidates("branch"))[-1] == f"r{count - 1}"

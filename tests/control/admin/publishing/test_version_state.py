"""What can happen to a version in which state."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.admin.errors import Conflict
from control.admin.publishing.version_state import Step, VersionState, after, steps_of


def test_the_way_to_a_release_and_its_end() -> None:
    state = VersionState.DRAFT
    for step in (Step.VALIDATE, Step.REJECT, Step.EDIT, Step.VALIDATE, Step.ACCEPT, Step.PUBLISH, Step.RETIRE):
        state = after(state, step)
    assert state is VersionState.RETIRED
    assert steps_of(state) == ()


@pytest.mark.parametrize("state", [VersionState.DRAFT, VersionState.VALIDATING, VersionState.REJECTED])
def test_only_what_is_validated_is_published(state: VersionState) -> None:
    with pytest.raises(Conflict, match="it would have to be validated"):
        after(state, Step.PUBLISH)


@given(st.sampled_from([VersionState.PUBLISHED, VersionState.RETIRED]), st.lists(st.sampled_from(Step)))
def test_what_was_published_is_never_changed(state: VersionState, steps: list[Step]) -> None:
    for step in steps:
        if step in steps_of(state):
            state = after(state, step)
    assert state in (VersionState.PUBLISHED, VersionState.RETIRED)


@given(st.lists(st.sampled_from(Step)))
def test_a_change_always_wants_a_new_validation(steps: list[Step]) -> None:
    state, accepted = VersionState.DRAFT, False
    for step in steps:
        if step not in steps_of(state) or step is Step.DELETE:
            continue
        accepted = step is Step.ACCEPT or (accepted and step in (Step.PUBLISH, Step.RETIRE))
        state = after(state, step)
        if state is VersionState.PUBLISHED:
            assert accepted

"""What can happen to a version in which state; pure.

draft -> validating -> validated | rejected; validated -> published -> retired. Whatever is not published yet can be
edited, which makes a draft of it again: what was validated is what is published.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from control.admin.errors import Conflict


class VersionState(StrEnum):
    """As it is stored and sent."""

    DRAFT = "draft"
    VALIDATING = "validating"
    VALIDATED = "validated"
    REJECTED = "rejected"
    PUBLISHED = "published"
    RETIRED = "retired"


class Step(StrEnum):
    """What is done to a version."""

    EDIT = "edit"
    VALIDATE = "validate"
    ACCEPT = "accept"
    """Its validation found no error."""
    REJECT = "reject"
    PUBLISH = "publish"
    RETIRE = "retire"
    DELETE = "delete"


_UNPUBLISHED: Final = (VersionState.DRAFT, VersionState.VALIDATING, VersionState.VALIDATED, VersionState.REJECTED)

_STEPS: Final[dict[Step, tuple[tuple[VersionState, ...], VersionState | None]]] = {
    Step.EDIT: (_UNPUBLISHED, VersionState.DRAFT),
    Step.VALIDATE: ((VersionState.DRAFT, VersionState.VALIDATED, VersionState.REJECTED), VersionState.VALIDATING),
    Step.ACCEPT: ((VersionState.VALIDATING,), VersionState.VALIDATED),
    Step.REJECT: ((VersionState.VALIDATING,), VersionState.REJECTED),
    Step.PUBLISH: ((VersionState.VALIDATED,), VersionState.PUBLISHED),
    Step.RETIRE: ((VersionState.PUBLISHED,), VersionState.RETIRED),
    Step.DELETE: (_UNPUBLISHED, None),
}
"""From which states, and to which; None: it is gone."""


def steps_of(state: VersionState) -> tuple[Step, ...]:
    """What may be done in a state."""
    return tuple(step for step, (before, _) in _STEPS.items() if state in before)


def after(state: VersionState, step: Step) -> VersionState:
    """The state that a step leads to. Raises Conflict where it can't be done."""
    before, then = _STEPS[step]
    if state not in before:
        raise Conflict(f"can't {step}: the version is {state}; it would have to be {' or '.join(before)}")
    return then or state

from __future__ import annotations

import pytest

from control.errors import NodeFull
from control.session import Admission


def test_one_visit_too_many_is_refused_until_another_leaves() -> None:
    admission = Admission(capacity=2)
    admission.enter("a")
    admission.enter("b")
    with pytest.raises(NodeFull, match="all 2 places"):
        admission.enter("c")
    assert admission.taken == 2
    admission.leave("a")
    admission.enter("c")
    assert admission.taken == 2


def test_a_place_is_passed_on_where_none_is_free_and_given_back_once() -> None:
    admission = Admission(capacity=1)
    admission.enter("a")
    assert admission.pass_on("a", "b")
    admission.leave("a")
    assert admission.taken == 1
    assert not admission.pass_on("a", "c"), "it has none any more"
    admission.leave("b")
    assert admission.taken == 0

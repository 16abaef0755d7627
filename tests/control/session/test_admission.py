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

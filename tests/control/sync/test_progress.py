"""How far a follower is: what counts of the steps that end."""

from __future__ import annotations

import pytest

from control.content.release import OrderedRelease, SiteOrder
from control.sync.follow_plan import Reached, Standing
from control.sync.progress import Progress

RELEASE = OrderedRelease(showroom="branch", version=1, release="a" * 64)
ORDER = SiteOrder(site="lounge-1", serial=1, issued_at=0.0, showrooms=(RELEASE,))


@pytest.mark.parametrize("reached", [reached for reached in Reached if reached is not Reached.ORDERED])
def test_a_step_that_was_begun_by_other_keys_counts_no_more(reached: Reached) -> None:
    """Its end and the change of the keys may come in the same turn of the event loop."""
    progress = Progress()
    progress.take_order(ORDER, None, recheck=False)
    before = progress.checks
    progress.take_order(ORDER, None, recheck=True)
    progress.reach(RELEASE.release, reached, before)
    assert progress.standings == {}
    progress.reach(RELEASE.release, reached, progress.checks)
    assert progress.standings == {RELEASE.release: Standing(reached)}

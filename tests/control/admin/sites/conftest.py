"""Sites and roll-outs on a database, without HTTP."""

from __future__ import annotations

import pytest

from control.admin.sites.change_bell import ChangeBell
from control.admin.sites.orders import Orders
from control.admin.sites.rollouts import Rollouts


@pytest.fixture
def rollouts(orders: Orders) -> Rollouts:
    """A site must be healthy for 20 s."""
    return Rollouts(orders, ChangeBell(), 20.0)

"""Sites and roll-outs on a database, without HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from control.admin.access.actor import Actor, Role
from control.admin.database import Database
from control.admin.keys import SigningKeys
from control.admin.sites.change_bell import ChangeBell
from control.admin.sites.orders import Orders
from control.admin.sites.rollouts import Rollouts
from tests.control.admin.sites.world import START, person


@pytest.fixture
def keys(database: Database, tmp_path: Path) -> SigningKeys:
    keys = SigningKeys(tmp_path / "keys")
    with database.session() as session:
        keys.start(session, START)
    return keys


@pytest.fixture
def orders(keys: SigningKeys) -> Orders:
    return Orders(keys, ChangeBell())


@pytest.fixture
def rollouts(orders: Orders) -> Rollouts:
    """A site must be healthy for 20 s."""
    return Rollouts(orders, ChangeBell(), 20.0)


@pytest.fixture
def boss(database: Database) -> Actor:
    """An administrator."""
    with database.session() as session:
        return person(session, "boss", Role.ADMINISTRATOR)

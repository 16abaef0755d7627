"""The pages of roll-outs, as forms without scripts."""

from __future__ import annotations

import re
from functools import partial

import pytest

from control.admin.access.accounts import find_account
from control.admin.access.actor import Actor, Role
from control.admin.pages.rollout_messages import said
from control.admin.pages.texts import text
from control.admin.pages.wave_proposal import waves_of
from control.admin.parts import AdminParts
from control.admin.sites.rollout_views import RolloutView, rollout_view
from tests.control.admin.conftest import LogIn
from tests.control.admin.pages.conftest import Post
from tests.control.admin.sites.world import Published, make_sites, publish

SITES = ("first", "second", "third")


@pytest.fixture
def version(people: AdminParts) -> Published:
    """Published, and three sites that show nothing."""
    with people.database.session() as session:
        account = find_account(session, "anna")
        assert account is not None
        anna = Actor(account.id, "anna", Role.ADMINISTRATOR)
        make_sites(session, people.sites.orders, anna, SITES)
        return publish(session, people.keys, anna, "branch", 1)


def _view(parts: AdminParts, rollout_id: int) -> RolloutView:
    with parts.database.reading() as session:
        return rollout_view(session, rollout_id)


def _started(parts: AdminParts, location: str) -> RolloutView:
    return _view(parts, int(location.rpartition("/")[2]))


def test_first_one_site_then_the_rest_is_proposed(look: LogIn, version: Published) -> None:
    page = look("paul").get("/rollouts/new").text
    assert re.findall(r'value="(\w+:\d)" selected', page) == ["first:1", "second:2", "third:2"]
    one = look("paul").get("/rollouts/new?site=third").text
    assert re.findall(r'value="(\w+:\d)" selected', one) == ["third:1"]


def test_a_roll_out_is_made_as_the_form_says(look: LogIn, post: Post, people: AdminParts, version: Published) -> None:
    browser = look("paul")
    body = (
        ("csrf_token", browser.csrf_token),  # type: ignore[attr-defined]
        ("version", str(version.id)),
        *(("wave", one) for one in ("first:2", "", "third:5")),
        ("when", "at-time"),
        ("time", "2099-03-01T12:30"),
        ("on_failure", "roll-back"),
        ("skip_absent", "yes"),
        ("healthy_s", "7"),
    )
    encoded = "&".join(f"{name}={value.replace(':', '%3A')}" for name, value in body)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = browser.post("/rollouts/new", content=encoded, headers=headers)
    assert reply.status_code == 303, reply.text
    made = _started(people, reply.headers["location"])
    assert [[target.site for target in wave] for wave in made.waves] == [["first"], ["third"]]
    assert (made.state, made.on_failure, made.skip_absent, made.healthy_s) == ("scheduled", "roll-back", True, 7.0)
    assert made.starts_at == 4076051400.0, "12:30 UTC, as no script has said otherwise"
    page = browser.get(reply.headers["location"]).text
    assert "2099-03-01 12:30" in page
    assert "Scheduled" in page


@pytest.mark.parametrize(
    ("form", "said_there"),
    [
        ({"wave": ""}, "Choose at least one site."),
        ({"wave": "first:1", "when": "at-time", "time": "soon"}, "Say the date and the time"),
        ({"wave": "first:1", "when": "at-time", "time": "x", "time_unix_s": "1e300"}, "Say the date and the time"),
        ({"wave": "first:1", "when": "at-time", "time": "x", "time_unix_s": "nan"}, "Say the date and the time"),
    ],
)
def test_what_can_not_be_rolled_out_is_told_and_what_was_chosen_stays(
    look: LogIn, post: Post, version: Published, form: dict[str, str], said_there: str
) -> None:
    page = post(look("paul"), "/rollouts/new", {"version": str(version.id), **form})
    assert page.status_code == 400
    assert said_there in page.text
    assert re.findall(r'value="(\w+:\d)" selected', page.text) == [one for one in [form["wave"]] if one]


def test_a_roll_out_is_held_goes_on_and_is_ended(
    look: LogIn, post: Post, people: AdminParts, version: Published
) -> None:
    browser = look("paul")
    form = {"version": str(version.id), "wave": "first:1", "when": "at-time", "time": "2099-03-01T12:30"}
    path = post(browser, "/rollouts/new", form).headers["location"]
    assert f"{path}/pause" not in browser.get(path).text
    refused = post(browser, f"{path}/pause", {})
    assert (refused.status_code, "moved on meanwhile" in refused.text) == (409, True)
    assert post(browser, f"{path}/cancel", {}).status_code == 303
    page = browser.get(path).text
    assert "Cancelled by paul." in page
    assert "Cancelled before it was ordered." in page
    assert f"{path}/roll-back" not in page, "no site was ordered: there is nothing to take back"
    assert _started(people, path).state == "cancelled"


def test_who_may_not_roll_out_only_looks(look: LogIn, post: Post, version: Published) -> None:
    form = {"version": str(version.id), "wave": "first:1", "when": "at-time", "time": "2099-03-01T12:30"}
    path = post(look("paul"), "/rollouts/new", form).headers["location"]
    browser = look("edda")
    assert "/rollouts/new" not in browser.get("/rollouts").text
    assert "<form" not in browser.get(path).text.partition("<main")[2]
    assert browser.get("/rollouts/new").status_code == 403
    assert post(browser, f"{path}/cancel", {}).status_code == 403


def test_waves_that_nobody_chose_are_passed_over() -> None:
    assert waves_of([("a", 3), ("b", 1), ("c", 3), ("d", 0)]) == [["b"], ["a", "c"]]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("node-1 has fetched 1500000 of 3000000 bytes", "node-1 已获取 1.5 MB / 3.0 MB。"),
        ("no node has reported within 180 s", "180 秒内没有节点上报。"),
        ("it can't be shown at first: node-1: no room", "无法在 first: node-1: no room 展示。"),
        ("node-1: the model has no meshes", "node-1: the model has no meshes"),
    ],
)
def test_messages_are_in_the_language_of_the_page_but_for_a_nodes_own_words(message: str, shown: str) -> None:
    assert said(partial(text, "zh"), message) == shown

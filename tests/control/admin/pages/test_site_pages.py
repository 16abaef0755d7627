"""The pages of sites, as forms without scripts."""

from __future__ import annotations

import re
from html import unescape

import pytest

from control.admin.access.accounts import find_account
from control.admin.access.actor import Actor, Role
from control.admin.key_changes import trusted_keys
from control.admin.parts import AdminParts
from control.admin.sites.node_reports import store_report
from control.admin.sites.orders import show
from control.admin.sites.site_tokens import site_of_token
from control.admin.sites.site_views import site_view
from control.admin.tables import Site, Version
from control.content.edge_api import Disk, NodeReport, ReleaseState, ShownRelease
from control.content.keys import key_text
from tests.control.admin.conftest import LogIn, NewClient
from tests.control.admin.pages.conftest import Post
from tests.control.admin.sites.world import Published, make_sites, publish


@pytest.fixture
def anna(people: AdminParts) -> Actor:
    with people.database.reading() as session:
        account = find_account(session, "anna")
    assert account is not None
    return Actor(account.id, "anna", Role.ADMINISTRATOR)


@pytest.fixture
def versions(people: AdminParts, anna: Actor) -> list[Published]:
    """1 and 2 of a showroom; a site named lounge was ordered both, one after the other."""
    with people.database.session() as session:
        made = [publish(session, people.keys, anna, "branch", number, str(number).encode()) for number in (1, 2)]
        make_sites(session, people.sites.orders, anna, ["lounge"])
        for version in made:
            show(session, "lounge", session.get_one(Version, version.id), people.now())
        people.sites.orders.issue(session, session.get_one(Site, "lounge"), people.now())
    return made


def _report(
    parts: AdminParts, version: Published, state: ReleaseState, disk: Disk, **told: str | int | None
) -> NodeReport:
    shown = ShownRelease(
        showroom=version.showroom,
        version=version.number,
        release=version.release,
        state=state,
        showing=1,
        fetched_bytes=1_500_000,
        to_fetch_bytes=3_000_000,
    )
    report = NodeReport.model_validate(
        {"node": "node-1", "software": "1.0", "order_serial": 2, "showrooms": (shown,), "disk": disk, **told}
    )
    with parts.database.session() as session:
        store_report(session, "lounge", report, parts.now())
    return report


def test_a_site_is_made_and_its_token_shown_once_with_the_command_that_starts_a_node(
    look: LogIn, post: Post, people: AdminParts
) -> None:
    browser = look("anna")
    page = post(browser, "/sites", {"slug": "Lounge-1", "title": "休息室 1", "edge_class": "small-gpu"})
    assert page.status_code == 200
    token = re.search(r"<output[^>]*>(ers_[\w-]+)</output>", page.text)
    assert token is not None
    with people.database.reading() as session:
        assert site_of_token(session, token[1], 0.0).slug == "lounge-1"
        (key,) = trusted_keys(session)
    command = unescape(page.text.partition('<pre class="secret"')[2].partition("</pre>")[0])
    assert f"export EDGE_RENDER_SITE_TOKEN={token[1]}\n" in command
    words = command.partition("edge-render node")[2].replace("\\\n", "").split()
    assert words == [
        *("--admin-url", people.settings.base_url, "--site", "lounge-1", "--trusted-key", key_text(key)),
        *("--content-folder", "/var/lib/edge-render", "--host", "0.0.0.0"),
    ]
    assert token[1] not in browser.get("/sites/lounge-1").text
    assert "休息室 1" in browser.get("/sites").text


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"slug": "Main Hall", "title": "A"}, 422, "1 to 63"),
        ({"slug": "hall", "title": " "}, 422, "1 to 200"),
        ({"slug": "hall", "title": "A\x00"}, 422, "1 to 200"),
        ({"slug": "lounge", "title": "Again"}, 409, "There is a site lounge already"),
    ],
)
def test_a_site_that_can_not_be_is_refused_on_the_page(
    look: LogIn, post: Post, versions: list[Published], form: dict[str, str], status: int, said: str
) -> None:
    page = post(look("anna"), "/sites", form)
    assert page.status_code == status
    assert said in page.text


def test_the_list_says_what_each_site_shows_and_how_its_nodes_are(
    look: LogIn, people: AdminParts, versions: list[Published]
) -> None:
    disk = Disk(used_bytes=10**9, budget_bytes=10**10, free_bytes=10**9)
    _report(people, versions[1], "fetching", disk, visits=2, visits_max=4, warning="the clock is wrong")
    page = look("vera").get("/sites").text
    for said in (
        "1 sites: 0 as ordered, 1 behind",
        "branch version 2",
        "new visits still see version 1",
        "2 of 4",
        "the clock is wrong",
        "less room (1.0 GB) than the content may still take (9.0 GB)",
    ):
        assert said in page
    assert 'action="/sites"' not in page


def test_a_site_shows_how_far_its_nodes_have_fetched(
    look: LogIn, people: AdminParts, versions: list[Published]
) -> None:
    _report(people, versions[1], "fetching", Disk(used_bytes=1, budget_bytes=2, free_bytes=3))
    page = look("vera").get("/sites/lounge").text
    assert '<progress max="3000000" value="1500000" aria-label="branch version 2">' in page
    assert "1.5 MB of 3.0 MB fetched" in page
    assert "<form" not in page.partition("<main")[2]


def test_one_click_rolls_a_site_back_and_the_button_says_from_where_to_where(
    look: LogIn, post: Post, people: AdminParts, versions: list[Published]
) -> None:
    browser = look("paul")
    page = browser.get("/sites/lounge").text
    assert 'aria-label="Roll branch back from version 2 to version 1"' in page
    assert "from version 2 to version 1? New visits see it" in page
    assert post(browser, "/sites/lounge/showrooms/branch/roll-back", {}).headers["location"] == "/sites/lounge"
    with people.database.reading() as session:
        (shown,) = site_view(session, "lounge", people.now()).showrooms
    assert shown.version == 1
    again = post(browser, "/sites/lounge/showrooms/branch/roll-back", {})
    assert again.status_code == 409
    assert "showed no other version of branch before" in again.text


def test_showrooms_are_put_in_another_order_and_removed(
    look: LogIn, post: Post, people: AdminParts, anna: Actor, versions: list[Published]
) -> None:
    with people.database.session() as session:
        hall = publish(session, people.keys, anna, "hall", 1)
        show(session, "lounge", session.get_one(Version, hall.id), people.now())
    browser = look("paul")

    def shown() -> list[str]:
        with people.database.reading() as session:
            return [item.showroom for item in site_view(session, "lounge", people.now()).showrooms]

    assert shown() == ["branch", "hall"]
    assert post(browser, "/sites/lounge/showrooms/hall/move-up", {}).status_code == 303
    assert shown() == ["hall", "branch"]
    assert post(browser, "/sites/lounge/showrooms/branch/remove", {}).status_code == 303
    assert shown() == ["hall"]
    assert post(browser, "/sites/lounge/showrooms/branch/remove", {}).status_code == 404


def test_an_administrator_renames_a_site_gives_it_another_token_and_retires_it(
    look: LogIn, post: Post, versions: list[Published], new_client: NewClient
) -> None:
    browser = look("anna")
    assert post(browser, "/sites/lounge/change", {"title": "Grand lounge", "edge_class": "big-gpu"}).status_code == 303
    assert "<h1>Grand lounge</h1>" in browser.get("/sites/lounge").text
    page = post(browser, "/sites/lounge/token", {})
    token = re.search(r"ers_[\w-]+", page.text)
    assert token is not None
    assert "no node has used it yet" in browser.get("/sites/lounge").text
    bearer = {"Authorization": f"Bearer {token[0]}"}
    assert new_client().get("/edge/v1/order", headers=bearer).status_code == 200
    assert "The token before is good until" in browser.get("/sites/lounge").text
    assert post(browser, "/sites/lounge/token/end-previous", {}).status_code == 303
    assert "The token before is good until" not in browser.get("/sites/lounge").text
    assert post(browser, "/sites/lounge/retire", {}).status_code == 303
    assert new_client().get("/edge/v1/order", headers=bearer).status_code == 403
    assert "Grand lounge is retired." in browser.get("/sites/lounge").text
    assert "Retired sites (1)" in browser.get("/sites").text


@pytest.mark.parametrize("path", ["change", "token", "retire"])
def test_who_is_no_administrator_changes_no_site(look: LogIn, post: Post, versions: list[Published], path: str) -> None:
    page = post(look("paul"), f"/sites/lounge/{path}", {"title": "x", "edge_class": "software"})
    assert page.status_code == 403
    assert "This needs the role Administrator" in page.text


def test_a_site_that_there_is_not_is_no_page(look: LogIn, post: Post) -> None:
    browser = look("anna")
    assert browser.get("/sites/nowhere").status_code == 404
    assert post(browser, "/sites/nowhere/retire", {}).status_code == 404

"""The pages of showrooms and versions, as forms without scripts."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from control.admin.access.accounts import find_account
from control.admin.access.actor import Actor, Role
from control.admin.pages.report_view import view_report
from control.admin.pages.templating import size_text
from control.admin.parts import AdminParts
from control.admin.publishing.report import Finding, Report, SceneCost
from control.admin.publishing.showrooms import create_showroom
from control.admin.publishing.version_state import VersionState
from control.admin.tables import Version, VersionPicture
from control.content.names import Title
from control.content.release import FileEntry
from tests.control.admin.conftest import LogIn
from tests.control.admin.pages.conftest import Post
from tests.control.admin.publishing.packages import draft_of, manifest, small_package

FILES = (FileEntry(path="hall.glb", digest="a" * 64, size_bytes=900),)


def _actor(parts: AdminParts, name: str, role: Role) -> Actor:
    with parts.database.reading() as session:
        account = find_account(session, name)
    assert account is not None
    return Actor(account.id, name, role)


@pytest.fixture
def edda(people: AdminParts) -> Actor:
    return _actor(people, "edda", Role.EDITOR)


@pytest.fixture
def draft(people: AdminParts, edda: Actor) -> Version:
    """Version 1 of a showroom named branch, edda's."""
    with people.database.session() as session:
        create_showroom(session, edda, 1.0, "branch", Title(en="City branch", zh="城市网点"))
        return draft_of(session, people.blobs, edda, "branch", small_package())


def _validated(parts: AdminParts, draft: Version, *findings: Finding) -> None:
    """As if its validation had found this."""
    report = Report(
        revision=1, title=Title(en="City branch", zh="城市网点"), findings=findings, budget={"file_bytes": 1000}
    )
    with parts.database.session() as session:
        version = session.get_one(Version, draft.id)
        version.report = report.model_dump(mode="json")
        version.state = VersionState.REJECTED if report.errors else VersionState.VALIDATED
        picture = VersionPicture(version_id=draft.id, name="hall.door.webp", media_type="image/webp", data=b"RIFF")
        session.add(picture)


def test_an_editor_makes_a_showroom_and_is_led_to_it(look: LogIn, post: Post) -> None:
    browser = look("edda")
    made = post(browser, "/showrooms", {"slug": "branch", "title_en": "City branch", "title_zh": "城市网点"})
    assert made.headers["location"] == "/showrooms/branch"
    assert "City branch" in browser.get("/showrooms").text
    browser.post("/language", data={"csrf_token": browser.csrf_token, "language": "zh"})  # type: ignore[attr-defined]
    assert "城市网点" in browser.get("/showrooms").text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"slug": "Haupt Filiale", "title_en": "A", "title_zh": "甲"}, "1 to 63"),
        ({"slug": "branch", "title_en": "", "title_zh": "甲"}, "1 to 200"),
        ({"slug": "branch", "title_en": "A\x00", "title_zh": "甲"}, "1 to 200"),
    ],
)
def test_a_form_that_is_refused_is_shown_again_with_what_was_typed(
    look: LogIn, post: Post, form: dict[str, str], said: str
) -> None:
    refused = post(look("edda"), "/showrooms", form)
    assert refused.status_code == 422
    assert said in refused.text
    assert f'value="{form["title_zh"]}"' in refused.text


def test_a_viewer_sees_versions_but_no_way_to_change_them(look: LogIn, post: Post, draft: Version) -> None:
    browser = look("vera")
    page = browser.get(f"/versions/{draft.id}")
    assert page.status_code == 200
    assert f"/versions/{draft.id}/" not in page.text
    assert "/upload" not in browser.get("/showrooms/branch").text
    for path in (f"/versions/{draft.id}/validate", f"/versions/{draft.id}/delete"):
        assert post(browser, path, {}).status_code == 403
    assert browser.get("/showrooms/branch/upload").status_code == 403


def test_what_can_be_published_is_published_and_then_retired_by_a_publisher(
    people: AdminParts, look: LogIn, post: Post, draft: Version
) -> None:
    _validated(people, draft)
    browser = look("paul")
    path = f"/versions/{draft.id}"
    assert f"{path}/publish" in browser.get(path).text
    assert post(browser, f"{path}/publish", {"revision": "1"}).status_code == 303
    page = browser.get(path).text
    assert "is signed and published" in page
    assert f'href="/rollouts/new?version={path.rpartition("/")[2]}"' in page
    assert f"{path}/publish" not in page
    assert "published it" in page
    assert post(browser, f"{path}/retire", {}).status_code == 303
    assert "retired it" in browser.get(path).text


def test_what_was_changed_since_it_was_looked_at_is_not_published(
    people: AdminParts, look: LogIn, post: Post, draft: Version
) -> None:
    _validated(people, draft)
    refused = post(look("paul"), f"/versions/{draft.id}/publish", {"revision": "7"})
    assert refused.status_code == 409
    assert "somebody changed it meanwhile" in refused.text


def test_a_report_tells_what_is_wrong_in_which_file_and_of_what_budget(
    people: AdminParts, look: LogIn, draft: Version
) -> None:
    error = Finding(severity="error", file="hall.glb", place="meshes.0", message="is <broken>", code="BROKEN")
    _validated(people, draft, error)
    page = look("edda").get(f"/versions/{draft.id}").text
    assert re.search(r"meshes\.0.*is &lt;broken&gt;.*BROKEN", page)
    assert "of 1.0 kB" in page
    assert f"/api/v1/versions/{draft.id}/pictures/" in look("edda").get("/showrooms").text


def test_a_copy_is_compared_with_what_it_was_copied_from(
    people: AdminParts, look: LogIn, post: Post, draft: Version, edda: Actor
) -> None:
    browser = look("edda")
    copied = post(browser, f"/versions/{draft.id}/copy", {}).headers["location"]
    assert "Both have the same files" in browser.get(f"{copied}/comparison").text
    with people.database.session() as session:
        changed = small_package(showroom__json=manifest() + b" ")
        other = draft_of(session, people.blobs, edda, "branch", changed)
    page = browser.get(f"/versions/{other.id}/comparison?with={draft.id}").text
    assert f">{size_text(len(manifest()) + 1)}</dd>" in page
    assert browser.get(f"/versions/{draft.id}/comparison").status_code == 404


def test_a_draft_is_deleted_and_what_is_published_is_not(
    people: AdminParts, look: LogIn, post: Post, draft: Version
) -> None:
    _validated(people, draft)
    browser = look("paul")
    post(browser, f"/versions/{draft.id}/publish", {"revision": "1"})
    assert post(browser, f"/versions/{draft.id}/delete", {}).status_code == 409
    copied = post(browser, f"/versions/{draft.id}/copy", {}).headers["location"]
    assert post(browser, f"{copied}/delete", {}).headers["location"] == "/showrooms/branch"
    assert browser.get(copied).status_code == 404


def test_what_is_published_takes_no_other_files(
    people: AdminParts, look: LogIn, post: Post, draft: Version, log_in: LogIn
) -> None:
    browser = look("paul")
    assert browser.get(f"/showrooms/branch/upload?draft={draft.id}").status_code == 200
    _validated(people, draft)
    post(browser, f"/versions/{draft.id}/publish", {"revision": "1"})
    assert browser.get(f"/showrooms/branch/upload?draft={draft.id}").status_code == 409


def test_the_editor_opens_with_what_validation_found_in_the_text(
    people: AdminParts, look: LogIn, post: Post, draft: Version
) -> None:
    finding = Finding(severity="warning", file="showroom.json", place="scenes.hall", message="is <odd>", code="ODD")
    _validated(people, draft, finding)
    page = look("edda").get(f"/versions/{draft.id}/editor")
    assert '"place": "scenes.hall"' in page.text
    assert "<odd>" not in page.text, "it stands in a script's data"
    assert look("vera").get(f"/versions/{draft.id}/editor").status_code == 403
    post(look("paul"), f"/versions/{draft.id}/publish", {"revision": "1"})
    assert look("edda").get(f"/versions/{draft.id}/editor").status_code == 409


def test_pages_of_what_is_not_there_say_so(look: LogIn, people: AdminParts) -> None:
    browser: TestClient = look("edda")
    for path in ("/showrooms/nowhere", "/versions/99", "/versions/99/editor", "/showrooms/nowhere/upload"):
        assert browser.get(path).status_code == 404


def test_findings_come_worst_first_and_budgets_say_how_near_they_are() -> None:
    def finding(severity: str, file: str) -> Finding:
        return Finding.model_validate({"severity": severity, "file": file, "message": "m", "code": "C"})

    report = Report(
        findings=(finding("warning", "a.glb"), finding("warning", "b.glb"), finding("error", "b.glb")),
        costs=(
            SceneCost(scene="hall", type="model", triangles=90, textures=1, texture_bytes=11, texture_px_max=0),
            SceneCost(scene="roof", type="panorama", triangles=0, textures=0, texture_bytes=0, texture_px_max=0),
        ),
        budget={"triangles": 100, "texture_bytes": 10, "texture_px": 8, "file_bytes": 1000},
        budgets={"software": {"texture_bytes": 10, "triangles": 100}, "big-gpu": {"texture_bytes": 100}},
    )
    view = view_report(report, FILES)
    assert [(group.file, [each.severity for each in group.findings]) for group in view.files] == [
        ("b.glb", ["error", "warning"]),
        ("a.glb", ["warning"]),
    ]
    assert [(gauge.what, gauge.where, gauge.percent, gauge.level) for gauge in view.gauges] == [
        ("file_bytes", "", 90, "near"),
        ("triangles", "hall", 90, "near"),
        ("texture_bytes", "hall", 110, "over"),
    ]
    assert [(fit.edge_class, fit.tightest.what, fit.tightest.level) for fit in view.fits] == [
        ("software", "texture_bytes", "over"),
        ("big-gpu", "texture_bytes", "fine"),
    ]


@pytest.mark.parametrize(
    ("size_bytes", "said"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (11_240_000, "11.2 MB"), (512e6, "512 MB")]
)
def test_sizes_are_told_as_people_say_them(size_bytes: int, said: str) -> None:
    assert size_text(size_bytes) == said

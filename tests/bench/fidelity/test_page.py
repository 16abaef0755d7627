"""The page: verdicts, figures, pictures in it, and nothing that comes from elsewhere."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from bench.fidelity.compare import Difference, compare
from bench.fidelity.page import Bounds, Result, page, verdict

BOUNDS = Bounds(ssim_min=0.95, flip_max=0.05)


def picture(value: int) -> np.ndarray:
    return np.full((32, 48, 3), value, np.uint8)


def compared(label: str, ours: int, reference: int) -> Result:
    one, other = picture(ours), picture(reference)
    return Result(label, None, one, other, compare(other, one), (("Triangles", "12"),))


class Seen(HTMLParser):
    """Collects tags with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def values(self, tag: str, name: str) -> list[str | None]:
        return [attributes.get(name) for found, attributes in self.tags if found == tag]


@pytest.mark.parametrize(
    ("ssim", "flip", "expected"),
    [(0.95, 0.05, "pass"), (0.949, 0.0, "differs"), (1.0, 0.051, "differs")],
)
def test_both_figures_must_hold(ssim: float, flip: float, expected: str) -> None:
    result = Result("chair", None, picture(1), picture(1), Difference(ssim, flip, 30.0, picture(0)))
    assert verdict(result, BOUNDS) == expected


def test_what_could_not_be_compared_has_failed() -> None:
    assert verdict(Result("chair", problem="no reference"), BOUNDS) == "failed"


def test_the_pictures_are_in_the_page_and_nothing_is_fetched_or_run() -> None:
    seen = Seen(page([compared("chair", 100, 110)], BOUNDS))
    sources = [str(source) for source in seen.values("img", "src")]
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    stored = base64.b64decode(sources[0].partition(",")[2])
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(stored))), picture(100))
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in seen.tags}
    assert not [value for _, attributes in seen.tags for value in attributes.values() if "//" in str(value)[:12]]


def test_the_table_says_the_figures_and_leads_to_each_shot() -> None:
    text = page([compared("same", 90, 90), compared("other", 20, 200), Result("broken", problem="bad file")], BOUNDS)
    seen = Seen(text)
    ids = set(seen.values("section", "id"))
    assert [str(target).removeprefix("#") in ids for target in seen.values("a", "href")] == [True] * 3
    assert seen.values("tr", "class")[1:] == ["pass", "differs", "failed"]
    assert "3 pictures, 2 of them not as asked" in text
    assert re.search(r"1\.0000<td>0\.0000<td>inf", text)
    assert "bad file" in text


def test_names_and_problems_are_text_and_never_markup() -> None:
    seen = Seen(
        page([Result("<script>x</script>", problem='"><img src=x onerror=y>', facts=(("<b>", "<i>"),))], BOUNDS)
    )
    assert not {"script", "img", "b", "i"} & {tag for tag, _ in seen.tags}


def test_both_pictures_can_be_flipped_from_the_keyboard() -> None:
    seen = Seen(page([compared("chair", 100, 110)], BOUNDS))
    boxes = [attributes["id"] for tag, attributes in seen.tags if tag == "input" and attributes["type"] == "checkbox"]
    assert seen.values("label", "for") == boxes
    assert len(boxes) == 1

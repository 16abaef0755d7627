"""A node that previews a package calls none of its addresses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from control.admin.errors import Refused
from control.admin.publishing.drafts import MANIFEST_MAX_BYTES
from control.admin.publishing.live_addresses import not_calling

LIVE = {"type": "live", "source": "rtsp://10.0.0.1/inner"}


def test_each_address_has_another_in_its_place(tmp_path: Path) -> None:
    scenes = {"square": LIVE, "film": {"type": "live", "source": "film.mp4"}, "hall": {"type": "model"}}
    (tmp_path / "showroom.json").write_text(json.dumps({"scenes": scenes}))
    option, told = not_calling(tmp_path)
    assert option == "--live-sources"
    assert told.startswith("square=rtsp://127.0.0.1:1/")
    assert "film" not in told


def test_without_an_address_there_is_nothing_to_say(tmp_path: Path) -> None:
    (tmp_path / "showroom.json").write_text(json.dumps({"scenes": {"hall": {"type": "model"}}}))
    assert not_calling(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        json.dumps({"scenes": {"square": LIVE, "hall": {}}}),
        json.dumps({"scenes": {"a square": LIVE}}),
        '{"scenes": ' + "[" * 5_000 + "]" * 5_000 + "}",
        json.dumps({"scenes": {"square": LIVE}}) + " " * MANIFEST_MAX_BYTES,
    ],
    ids=["broken", "list", "no-type", "name", "deep", "large"],
)
def test_what_is_not_understood_is_not_previewed(tmp_path: Path, text: str) -> None:
    (tmp_path / "showroom.json").write_text(text)
    with pytest.raises(Refused, match="have the version validated"):
        not_calling(tmp_path)

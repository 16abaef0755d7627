"""What the pages say: all of it in both languages, and nothing that is not said."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

from control.admin.pages.languages import liked_language
from control.admin.pages.texts import CATALOGUES, has_text, text

ADMIN = Path(__file__).parents[4] / "control" / "admin"
ALL = [(key, both) for catalogue in CATALOGUES for key, both in catalogue.items()]
SAME_IN_BOTH = {"language.en", "language.zh"}


def _values(said: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(said) if name is not None}


def test_no_text_is_in_two_catalogues() -> None:
    assert len(ALL) == len({key for key, _ in ALL})


@pytest.mark.parametrize(("key", "both"), ALL, ids=[key for key, _ in ALL])
def test_each_text_is_in_both_languages_with_the_same_values(key: str, both: tuple[str, str]) -> None:
    english, chinese = both
    assert _values(english) == _values(chinese)
    if key not in SAME_IN_BOTH:
        assert re.search(r"[\u4e00-\u9fff]", chinese)
        assert not re.search(r"[\u4e00-\u9fff]", english)


def test_templates_name_texts_that_there_are() -> None:
    named = {
        (path.name, key)
        for path in (ADMIN / "pages" / "templates").glob("*.html")
        for key in re.findall(r"\bt\(\"([^\"]+)\"[,)]", path.read_text())
    }
    assert named
    assert [(name, key) for name, key in named if not has_text(key)] == []


def test_the_code_names_texts_that_there_are() -> None:
    named = [
        (path.name, keyword.value.value)
        for path in ADMIN.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "text" and isinstance(keyword.value, ast.Constant)
    ]
    assert named
    assert [(name, key) for name, key in named if not has_text(str(key))] == []


def test_values_go_into_the_text() -> None:
    assert text("zh", "error.account-taken", name="anna") == "账户 anna 已存在。"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("de-DE,de;q=0.9,zh;q=0.5,en;q=0.4", "zh"),
        ("fr", "en"),
        ("", "en"),
        ("zh;q=0,en;q=0.1", "en"),
        ("zh;q=x,;;,*;q=1", "en"),
    ],
)
def test_a_browser_gets_the_language_that_it_likes(header: str, language: str) -> None:
    assert liked_language(header) == language

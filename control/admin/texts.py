"""Texts that people write: what no database, log or page could hold is refused."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator


def _no_control(text: str, allowed: str) -> str:
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in allowed for char in text):
        raise ValueError("must have no control characters")
    return text


def check_line(text: str) -> str:
    """One line, without space around it. Raises ValueError."""
    return _no_control(text.strip(), "")


def check_paragraphs(text: str) -> str:
    """Lines. Raises ValueError."""
    return _no_control(text.replace("\r\n", "\n").strip(), "\n\t")


Line = Annotated[str, AfterValidator(check_line)]
Paragraphs = Annotated[str, AfterValidator(check_paragraphs)]

"""What forms of several pages have in common."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Form

from control.admin.pages.page import Page
from control.admin.sites.edge_classes import FROM_WEAKEST

Typed: TypeAlias = Annotated[str, Form(max_length=1000)]
"""A line that somebody typed."""


def class_options(page: Page) -> list[tuple[str, str]]:
    """Value and text of each class of edges, from the weakest."""
    return [(word, page.text(f"edge-class.{word}")) for word in FROM_WEAKEST]

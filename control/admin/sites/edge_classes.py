"""How strong a site's nodes are."""

from __future__ import annotations

from typing import Final, get_args

from control.content.names import EdgeClass

FROM_WEAKEST: Final[tuple[EdgeClass, ...]] = get_args(EdgeClass)


def edge_class(word: str) -> EdgeClass:
    """As it is in the database, where only these are."""
    assert word in FROM_WEAKEST, word
    return word


def is_weaker(word: str, than: str) -> bool:
    """Whether a site of that class can draw less than what is meant for the other."""
    return FROM_WEAKEST.index(edge_class(word)) < FROM_WEAKEST.index(edge_class(than))

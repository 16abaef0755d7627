"""What pydantic finds wrong with a showroom.json, told to the file's author."""

from __future__ import annotations

from pydantic_core import ErrorDetails

from edge_render.findings import printable
from edge_render.manifest import HTTPS_PATTERN, NAME_PATTERN

_PATTERNS = {
    NAME_PATTERN: "names are lower-case letters, digits and hyphens, at most 64, the first no hyphen",
    HTTPS_PATTERN: "must begin with https://",
}


def place_in_file(parts: tuple[int | str, ...], tree: object) -> tuple[int | str, ...]:
    """Where an error is, as the file's author sees it: pydantic names the chosen type among the fields."""
    place: list[int | str] = []
    node, chosen = tree, False
    for part in parts:
        if isinstance(node, dict) and not chosen and part == node.get("type"):
            chosen = True
        elif part != "[key]":
            place.append(part)
            node, chosen = _child(node, part), False
    return tuple(place)


def _child(node: object, part: int | str) -> object:
    if isinstance(node, dict):
        return node.get(part)
    if isinstance(node, list) and isinstance(part, int) and part < len(node):
        return node[part]
    return None


def told_of(item: ErrorDetails) -> str:
    """What is wrong, in the words of the file and not in those of pydantic."""
    context = item.get("ctx", {})
    match item["type"]:
        case "extra_forbidden":
            return "there is no such field here; is it misspelt?"
        case "missing":
            return "is missing"
        case "union_tag_invalid":
            return f"type is {printable(repr(context['tag']))}, but must be one of {context['expected_tags']}"
        case "union_tag_not_found":
            return "has no type"
        case "string_pattern_mismatch":
            return _PATTERNS.get(context["pattern"], item["msg"])
    return item["msg"].removeprefix("Value error, ")

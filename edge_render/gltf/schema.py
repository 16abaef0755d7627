"""From JSON to the types of the format, telling all that does not fit them, and what they have no field for."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from edge_render.findings import FindingLog, place_of, printable
from edge_render.gltf.format import Gltf
from edge_render.gltf.format_types import Part

Location = tuple[int | str, ...]

_REPAIRS_MAX: Final = 10
_TOLD_MAX: Final = 1000
_CODES: Final = {
    "missing": "UNDEFINED_PROPERTY",
    "literal_error": "VALUE_NOT_IN_LIST",
    "string_pattern_mismatch": "PATTERN_MISMATCH",
    "too_short": "ARRAY_LENGTH_NOT_IN_LIST",
    "too_long": "ARRAY_LENGTH_NOT_IN_LIST",
}
_MESSAGES: Final = {
    "missing": "is missing",
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "tuple_type": "must be an array",
}
_OPTIONAL_SETTINGS: Final = frozenset({"alphaMode", "magFilter", "minFilter", "wrapS", "wrapT", "interpolation"})
_KEPT_BY_CLAMPING: Final = ("materials", "extensions")


def to_gltf(tree: dict[str, Any], log: FindingLog) -> Gltf | None:
    """The typed file. None where an error was logged. ``tree`` may be mended on the way.

    Mended, and logged as a defect, are factors of materials and lights outside their range, and settings of a kind
    that does not exist: they are taken as the nearest value, or as if left out.
    """
    for _ in range(_REPAIRS_MAX):
        try:
            return Gltf.model_validate(tree)
        except ValidationError:
            left = [detail for detail in _details(tree) if not _mend(tree, detail, log)]
        for detail in left:
            log.error(place_of(detail["loc"]), _message(detail), _code(detail))
        if left:
            return None
    log.error("", "has too much that is out of range", "VALUE_NOT_IN_RANGE")
    return None


def _details(tree: dict[str, Any]) -> Iterator[ErrorDetails]:
    """What is wrong, item by item of the top level's arrays, until enough is told."""
    told = 0
    for location, part, value in _items(tree):
        try:
            part.model_validate(value)
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_input=False):
                detail["loc"] = (*location, *detail["loc"])
                yield detail
                told += 1
            if told >= _TOLD_MAX:
                return


def _items(tree: dict[str, Any]) -> Iterator[tuple[Location, type[BaseModel], Any]]:
    """The file in pieces: each item of each array, then the file without what its arrays hold."""
    rest = dict(tree)
    for key, shape in _shapes(Gltf).items():
        value = tree.get(key)
        if shape.part is not None and shape.is_array and isinstance(value, list):
            rest[key] = []
            for index, item in enumerate(value):
                yield (key, index), shape.part, item
    yield (), Gltf, rest


def _message(detail: ErrorDetails) -> str:
    kind = detail["type"]
    text = detail["msg"].removeprefix("Input ")
    return _MESSAGES.get(kind, text)


def _code(detail: ErrorDetails) -> str:
    kind = detail["type"]
    if kind.endswith("_type"):
        return "ARRAY_TYPE_MISMATCH" if isinstance(detail["loc"][-1], int) else "TYPE_MISMATCH"
    return _CODES.get(kind, "VALUE_NOT_IN_RANGE")


def _mend(tree: dict[str, Any], detail: ErrorDetails, log: FindingLog) -> bool:
    """Mend what was found where that is safe, and log it."""
    *parents, last = detail["loc"]
    if not parents:
        return False
    holder: Any = tree
    for part in parents:
        holder = holder[part]
    context = detail.get("ctx", {})
    bound = context.get("le", context.get("ge"))
    kind = detail["type"]
    if kind == "literal_error" and isinstance(holder, dict) and last in _OPTIONAL_SETTINGS:
        shown = printable(str(holder.pop(last)))
        log.defect(place_of(detail["loc"]), f"'{shown}' is unknown; taken as if left out", _code(detail))
        return True
    if isinstance(bound, float) and parents[0] in _KEPT_BY_CLAMPING:
        shown = printable(str(holder[last]))
        log.defect(place_of(detail["loc"]), f"{shown} is out of range; taken as {bound:g}", _code(detail))
        holder[last] = bound
        return True
    return False


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a field of the format holds: an object, an array or neither (then ``part`` is None)."""

    part: type[Part] | None
    is_array: bool


@cache
def _shapes(part: type[BaseModel]) -> dict[str, _Shape]:
    """The fields of a type by their names in the file."""
    return {field.alias or name: _shape(field.annotation) for name, field in part.model_fields.items()}


def _shape(annotation: Any) -> _Shape:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return _Shape(annotation, is_array=False)
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return _shape(next(kind for kind in inner if kind is not type(None)))
    if origin is tuple:
        return _Shape(_shape(inner[0]).part, is_array=True)
    return _Shape(None, is_array=False)


def check_properties(tree: dict[str, Any], log: FindingLog) -> None:
    """Tell properties that the format does not have, objects and arrays that must not be empty, and extensions that
    are used but not declared. The tree fits the format."""
    declared = set(tree.get("extensionsUsed", ()))
    stack: list[tuple[Location, type[Part], dict[str, Any]]] = [((), Gltf, tree)]
    while stack:
        location, part, value = stack.pop()
        shapes = _shapes(part)
        for key, item in value.items():
            shape = shapes.get(key)
            if item is None:
                log.defect(place_of((*location, key)), "must not be null; taken as left out", "TYPE_MISMATCH")
                continue
            if item in ([], {}) and shape is not None and (shape.part is None or shape.is_array):
                log.defect(place_of((*location, key)), "must not be empty; taken as left out", "EMPTY_ENTITY")
            elif location and location[-1] == "extensions" and key not in declared:
                place = place_of((*location, key))
                log.defect(place, "is not listed in extensionsUsed; read all the same", "UNDECLARED_EXTENSION")
            if shape is None:
                if key not in ("extras", "extensions") and (not location or location[-1] != "extensions"):
                    log.warning(place_of((*location, key)), "is no property of glTF 2.0", "UNEXPECTED_PROPERTY")
            elif shape.part is not None:
                if not shape.is_array:
                    stack.append(((*location, key), shape.part, item))
                else:
                    stack.extend(((*location, key, index), shape.part, one) for index, one in enumerate(item))

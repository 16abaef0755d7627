"""What the pages say, in English and Chinese: a catalogue for each part of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from control.admin.pages.texts import (
    access,
    audit,
    editor,
    errors,
    keys,
    overview,
    rollouts,
    shell,
    showrooms,
    sites,
    upload,
    versions,
    visits,
)

Both: TypeAlias = tuple[str, str]
"""English, Chinese; with ``{names}`` of values in both."""

CATALOGUES: Final[tuple[Mapping[str, Both], ...]] = (
    shell.TEXTS,
    errors.TEXTS,
    access.TEXTS,
    audit.TEXTS,
    showrooms.TEXTS,
    versions.TEXTS,
    upload.TEXTS,
    editor.TEXTS,
    sites.TEXTS,
    rollouts.TEXTS,
    visits.TEXTS,
    overview.TEXTS,
    keys.TEXTS,
)
_ALL: Final[dict[str, Both]] = {key: both for catalogue in CATALOGUES for key, both in catalogue.items()}
_PLACES: Final = {"en": 0, "zh": 1}


def text(language: str, key: str, **values: object) -> str:
    """What ``key`` says. Raises KeyError for a key or a value that there is not."""
    return _ALL[key][_PLACES[language]].format_map({name: str(value) for name, value in values.items()})


def has_text(key: str) -> bool:
    """Whether there is one."""
    return key in _ALL


def texts_of(language: str, prefix: str) -> dict[str, str]:
    """All whose keys begin so, for a page's script: their ``{names}`` are as they are."""
    return {key: both[_PLACES[language]] for key, both in _ALL.items() if key.startswith(prefix)}

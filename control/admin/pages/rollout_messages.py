"""What roll-outs and their sites say, in a page's language. The log and the API keep the English of ``rollout_plan``,
``roll_back`` and ``rollouts``; a node's own words stay as they are. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from control.admin.pages.templating import size_text

_SAID: Final = tuple(
    (re.compile(pattern), key)
    for pattern, key in (
        (r"no node has reported within (?P<seconds>\d+) s", "said.absent"),
        (r"no node has reported within (?P<seconds>\d+) s; it follows when one does", "said.absent-skipped"),
        (r"(?P<node>.{1,64}) has not begun", "said.not-begun"),
        (r"(?P<node>.{1,64}) has fetched (?P<done>\d+) of (?P<all>\d+) bytes", "said.fetching"),
        (r"(?P<node>.{1,64}) is warming", "said.warming"),
        (r"(?P<node>.{1,64}) is showing", "said.showing"),
        (r"shown; healthy after (?P<seconds>\d+) s of it", "said.shown"),
        (r"its version was retired before it was at all sites", "said.retired-before"),
        (r"it was not ordered here", "said.not-ordered"),
        (r"the site shows another version since", "said.shows-another"),
        (r"the site (is|was) retired", "said.site-retired"),
        (r"the site showed this version before, too", "said.same-before"),
        (r"version (?P<number>\d+), which it showed before, is retired: .*", "said.before-retired"),
        (r"roll-out (?P<id>\d+) was rolled back", "said.other-rolled-back"),
        (r"the site was rolled back", "said.site-rolled-back"),
        (r"superseded by roll-out (?P<id>\d+)", "said.superseded"),
        (r"the showroom was removed from the site", "said.removed"),
        (r"cancelled before it was ordered", "said.cancelled-before"),
        (r"paused by (?P<name>\S+)", "said.paused-by"),
        (r"cancelled by (?P<name>\S+)", "said.cancelled-by"),
        (r"rolled back by (?P<name>\S+)", "said.rolled-back-by"),
    )
)
_STOPPED: Final = (
    ("rolled back, as it can't be shown at ", "said.rolled-back-as"),
    ("it can't be shown at ", "said.can-not-be-shown"),
)
_AMOUNTS: Final = frozenset(("done", "all"))


def said(text: Callable[..., str], message: str) -> str:
    """The message, for people; one that is not known, as a node's, as it is. ``text``: as ``Page.text``."""
    for start, key in _STOPPED:
        if message.startswith(start):
            return text(key, sites=message.removeprefix(start))
    for pattern, key in _SAID:
        found = pattern.fullmatch(message)
        if found is not None:
            values = found.groupdict()
            return text(key, **{name: _value(name, value) for name, value in values.items()})
    return message


def _value(name: str, value: str) -> str:
    return size_text(int(value)) if name in _AMOUNTS else value

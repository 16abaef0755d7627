"""What an edge remembers of its site: ``state.json``. Replaced as a whole, so that a crash never leaves it half-new."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

import structlog
from pydantic import Field, ValidationError

from control.content.envelope import Envelope
from control.content.names import Record, SizeBytes, Slug
from control.content.release import OrderedRelease
from control.content.trust import KeptTrust
from control.sync.durable import write_whole

STATE_NAME: Final = "state.json"
BROKEN_NAME: Final = "state.json.broken"
log = structlog.get_logger(__name__)


class PlacedRelease(OrderedRelease):
    """A version of a showroom that was shown to visitors, and what it took to get it there."""

    fetched_bytes: SizeBytes = 0
    to_fetch_bytes: SizeBytes = 0
    switch_ms: Annotated[float, Field(ge=0.0, le=1e10)] | None = None


class SiteState(Record):
    """``active`` is what new visits see, in order; ``previous`` is what they saw before, for a roll-back at once."""

    format: Literal[1] = 1
    site: Slug
    order: Envelope | None = None
    """The newest that was believed."""
    trust: KeptTrust | None = None
    """Whose signatures count."""
    active: tuple[PlacedRelease, ...] = ()
    previous: tuple[PlacedRelease, ...] = ()

    @property
    def releases(self) -> frozenset[str]:
        """Those that must stay on disk."""
        return frozenset(item.release for item in self.active + self.previous)

    def switched(self, active: tuple[PlacedRelease, ...]) -> SiteState:
        """As it is once these are shown. What a showroom showed before becomes its previous release; a showroom that is
        shown no more has none."""
        before = {item.showroom: item for item in self.active}
        earlier = {item.showroom: item for item in self.previous}
        previous = []
        for item in active:
            last = before.get(item.showroom)
            kept = last if last is not None and last.release != item.release else earlier.get(item.showroom)
            if kept is not None and kept.release != item.release:
                previous.append(kept)
        return self.model_copy(update={"active": active, "previous": tuple(previous)})


def load_state(folder: Path, site: str) -> SiteState:
    """What was remembered; empty where there is nothing, or it is another site's. A file that can't be read is moved
    aside. Raises OSError."""
    path = folder / STATE_NAME
    try:
        state = SiteState.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return SiteState(site=site)
    except ValidationError as error:
        log.error("state_damaged", file=str(path), moved_to=BROKEN_NAME, reason=str(error).splitlines()[0])
        path.replace(folder / BROKEN_NAME)
        return SiteState(site=site)
    if state.site != site:
        log.warning("state_of_another_site", file=str(path), found=state.site, wanted=site)
        return SiteState(site=site)
    return state


def save_state(folder: Path, state: SiteState) -> None:
    """Remember it. Raises OSError; then what was remembered before stays."""
    write_whole(folder / STATE_NAME, state.model_dump_json().encode())

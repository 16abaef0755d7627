"""Rolls published releases out to sites and back, and waits until they are there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from control.admin_client.connection import AdminConnection
from control.admin_client.errors import Rejected, TookTooLong
from control.admin_client.once import once
from control.admin_client.progress import Progress
from control.admin_client.replies import RolloutReply, SiteReply, TargetReply, VersionReply
from control.admin_client.sizes import size_text
from control.content.edge_api import ShownRelease

POLL_S: Final = 1.0
_GOES_ON: Final = ("scheduled", "running")


@dataclass(frozen=True, slots=True)
class RolloutPlan:
    """Where a release goes. ``starts_at``: Unix seconds; None: at once."""

    waves: tuple[tuple[str, ...], ...]
    starts_at: float | None = None
    on_failure: str = "pause"
    skip_absent: bool = False


class Releaser:
    """Over one connection."""

    def __init__(self, connection: AdminConnection, progress: Progress) -> None:
        self._connection = connection
        self._progress = progress

    async def sites(self) -> list[SiteReply]:
        """All of them. Raises ClientError."""
        return await self._connection.ask("GET", "sites", list[SiteReply])

    async def check_sites(self, slugs: Iterable[str]) -> None:
        """Before anything is uploaded for them. Raises Rejected where one is not there, ClientError."""
        known = {site.slug: site for site in await self.sites()}
        for slug in slugs:
            if slug not in known:
                raise Rejected(f"there is no site {slug}; there are: {', '.join(sorted(known)) or 'none'}")
            if known[slug].condition == "retired":
                raise Rejected(f"the site {slug} is retired")

    async def roll_out(self, version: VersionReply, plan: RolloutPlan) -> RolloutReply:
        """Begin it. Raises ClientError."""
        body = {
            "version_id": version.id,
            "waves": [list(wave) for wave in plan.waves],
            "starts_at": plan.starts_at,
            "on_failure": plan.on_failure,
            "skip_absent": plan.skip_absent,
        }

        async def ask() -> RolloutReply:
            return await self._connection.ask("POST", "rollouts", RolloutReply, body)

        async def find() -> RolloutReply | None:
            # A version that was just published has no other roll-out than this.
            found = await self._connection.ask("GET", f"rollouts?showroom={version.showroom}", list[RolloutReply])
            return next((item for item in found if item.version_id == version.id), None)

        rollout = await once(ask, find)
        self._progress.say(f"roll-out {rollout.id} of {version.name} is {rollout.state}")
        return rollout

    async def wait(self, rollout: RolloutReply, timeout_s: float) -> None:
        """Until it is done at all sites. Raises Rejected where it ends or stops otherwise, TookTooLong, ClientError."""
        try:
            with self._progress.waiting(f"roll-out {rollout.id}") as told:
                async with asyncio.timeout(timeout_s):
                    while rollout.state in _GOES_ON:
                        told(await self._how_far(rollout))
                        await asyncio.sleep(POLL_S)
                        rollout = await self._connection.ask("GET", f"rollouts/{rollout.id}", RolloutReply)
        except TimeoutError as error:
            raise TookTooLong(f"the roll-out {rollout.id} is not done after {timeout_s:g} s; it goes on") from error
        for target in rollout.sites:
            self._progress.say(f"{_line(target)}{_moved(await self._shown(target.site, rollout))}")
        if rollout.state != "done":
            told_why = f": {rollout.message}" if rollout.message else ""
            raise Rejected(f"the roll-out {rollout.id} is {rollout.state}{told_why}")

    async def roll_back(self, site: str, showroom: str) -> SiteReply:
        """Have a site show the version of a showroom that it showed before. Raises ClientError."""
        before = _ordered(await self._site(site), showroom)

        async def ask() -> SiteReply:
            return await self._connection.ask("POST", f"sites/{site}/showrooms/{showroom}/roll-back", SiteReply)

        async def find() -> SiteReply | None:
            now = await self._site(site)
            return None if _ordered(now, showroom) == before else now

        return await once(ask, find)

    async def wait_for_site(self, site: str, showroom: str, timeout_s: float) -> None:
        """Until all live nodes of a site show what it was ordered of a showroom. Raises Rejected, TookTooLong,
        ClientError."""
        try:
            with self._progress.waiting(site) as told:
                async with asyncio.timeout(timeout_s):
                    while True:
                        now = await self._site(site)
                        shown = _shown(now, showroom)
                        failed = next((item for item in shown if item.state == "failed"), None)
                        if failed is not None:
                            raise Rejected(f"{site} can't show {showroom}/{failed.version}: {failed.error or 'failed'}")
                        if now.condition != "absent" and shown and all(item.state == "showing" for item in shown):
                            return
                        told(_nodes_text(shown) or now.condition)
                        await asyncio.sleep(POLL_S)
        except TimeoutError as error:
            raise TookTooLong(f"{site} does not show it after {timeout_s:g} s; it goes on") from error

    async def _site(self, slug: str) -> SiteReply:
        return await self._connection.ask("GET", f"sites/{slug}", SiteReply)

    async def _how_far(self, rollout: RolloutReply) -> str:
        ordered = [target for target in rollout.sites if target.state == "ordered"]
        told = [_line(target) + _doing(await self._shown(target.site, rollout)) for target in ordered]
        done = sum(target.state == "healthy" for target in rollout.sites)
        return "; ".join([f"{done} of {len(rollout.sites)} sites healthy", *told, *filter(None, [rollout.message])])

    async def _shown(self, site: str, rollout: RolloutReply) -> Sequence[ShownRelease]:
        now = await self._site(site)
        return [item for item in _shown(now, rollout.showroom) if item.version == rollout.version]


def _shown(site: SiteReply, showroom: str) -> list[ShownRelease]:
    """What live nodes say of what the site was ordered of a showroom; nothing of one that does not know it yet."""
    ordered = _ordered(site, showroom)
    return [
        item
        for node in site.nodes
        if node.live
        for item in node.report.showrooms
        if item.showroom == showroom and item.release == ordered
    ]


def _ordered(site: SiteReply, showroom: str) -> str | None:
    """The release of a showroom that a site is to show."""
    return next((item.release for item in site.showrooms if item.showroom == showroom), None)


def _line(target: TargetReply) -> str:
    return f"{target.site}: {target.state}" + (f" ({target.message})" if target.message else "")


def _doing(shown: Sequence[ShownRelease]) -> str:
    text = _nodes_text(shown)
    return f", {text}" if text else ""


def _nodes_text(shown: Sequence[ShownRelease]) -> str:
    return ", ".join(
        f"{item.state} {size_text(item.fetched_bytes)} of {size_text(item.to_fetch_bytes)}"
        if item.state == "fetching"
        else item.state
        for item in shown
    )


def _moved(shown: Sequence[ShownRelease]) -> str:
    """What it took the nodes of a site."""
    told = [
        f"{size_text(item.fetched_bytes)} fetched, shown after {item.switch_ms / 1000:.1f} s"
        for item in shown
        if item.switch_ms is not None
    ]
    return f": {'; '.join(told)}" if told else ""

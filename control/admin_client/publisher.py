"""From a folder to a published release: what changed is uploaded, validated by the admin, and signed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from control.admin_client.connection import AdminConnection
from control.admin_client.errors import Refused, Rejected, TookTooLong
from control.admin_client.once import once
from control.admin_client.package import LocalPackage
from control.admin_client.progress import Progress
from control.admin_client.replies import Reply, ReportReply, VersionReply
from control.admin_client.sizes import size_text
from control.admin_client.uploads import missing_blobs, upload_blobs
from control.content.release import FileEntry

POLL_S: Final = 1.0
_UPLOADS_MAX: Final = 3
"""So often the admin may say that a blob is missing which it had: whoever throws away old blobs may be at work."""


@dataclass(frozen=True, slots=True)
class DraftPlan:
    """What a folder is published as. ``create``: make the showroom where there is none of that name."""

    showroom: str
    edge_class: str = "software"
    note: str = ""
    create: bool = False


class Publisher:
    """Over one connection."""

    def __init__(self, connection: AdminConnection, progress: Progress, timeout_s: float) -> None:
        """``timeout_s``: a validation that takes longer is not waited for."""
        self._connection = connection
        self._progress = progress
        self._timeout_s = timeout_s

    async def draft(self, package: LocalPackage, plan: DraftPlan) -> VersionReply:
        """Upload what the admin lacks, and make a draft. Raises ClientError and PackageRefused."""
        await self._find_showroom(package, plan)
        await self._upload(package)
        version = await self._make_draft(package, plan)
        for _ in range(_UPLOADS_MAX):
            if not version.missing:
                break
            await self._send(package, version.missing)
            version = await self._version(version.id)
        self._progress.say(f"draft {version.name}")
        return version

    async def validate(self, version: VersionReply) -> VersionReply:
        """Have the admin load and draw it; what that finds is told. Raises Rejected where it has errors, TookTooLong,
        ClientError."""
        validated = await self._step(version, "validate", ("validating", "validated", "rejected"))
        try:
            with self._progress.waiting("validating") as told:
                async with asyncio.timeout(self._timeout_s):
                    while validated.state == "validating":
                        told("the admin loads and draws it")
                        await asyncio.sleep(POLL_S)
                        validated = await self._version(version.id)
        except TimeoutError as error:
            raise TookTooLong(f"{version.name} is not validated after {self._timeout_s:g} s; it goes on") from error
        report = await self._connection.ask("GET", f"versions/{version.id}/report", ReportReply)
        for finding in report.findings:
            self._progress.say(str(finding))
        counts = ", ".join(_plural(report.count(name), name) for name in ("error", "defect", "warning"))
        if validated.state != "validated":
            raise Rejected(f"{version.name} is {validated.state}: {counts}")
        self._progress.say(f"validated {version.name}: {counts}")
        return validated

    async def publish(self, version: VersionReply) -> VersionReply:
        """Have it signed. Raises ClientError."""
        published = await self._step(version, "publish", ("published",))
        self._progress.say(f"published {published.name}")
        return published

    async def _find_showroom(self, package: LocalPackage, plan: DraftPlan) -> None:
        async def find() -> Reply | None:
            try:
                return await self._connection.ask("GET", f"showrooms/{plan.showroom}", Reply)
            except Refused as error:
                if error.status != 404:
                    raise
                return None

        if await find() is not None:
            return
        if not plan.create:
            raise Rejected(f"there is no showroom {plan.showroom}: make it with --create, or name another one")
        title = await asyncio.to_thread(package.title)
        body = {"slug": plan.showroom, "title": title.model_dump()}
        await once(lambda: self._connection.ask("POST", "showrooms", Reply, body), find)
        self._progress.say(f"made the showroom {plan.showroom}")

    async def _upload(self, package: LocalPackage) -> None:
        blobs = package.files.blobs()
        missing = await missing_blobs(self._connection, sorted(blobs))
        there = sum(size for digest, size in blobs.items() if digest not in missing)
        self._progress.say(
            f"{len(package.files.files)} files of {size_text(package.files.size_bytes)}; "
            f"{len(missing)} to upload, {size_text(there)} are there already"
        )
        await self._send(package, missing)

    async def _send(self, package: LocalPackage, missing: Iterable[str]) -> None:
        blobs = [package.blob(digest) for digest in missing]
        if blobs:
            with self._progress.moving("uploading", sum(entry.size_bytes for entry, _ in blobs)) as moved:
                await upload_blobs(self._connection, blobs, moved)

    async def _make_draft(self, package: LocalPackage, plan: DraftPlan) -> VersionReply:
        files = [entry.model_dump() for entry in package.files.files]
        body = {"files": files, "note": plan.note, "edge_class": plan.edge_class}
        before = max((version.number for version in await self._versions(plan.showroom)), default=0)

        async def ask() -> VersionReply:
            return await self._connection.ask("POST", f"showrooms/{plan.showroom}/drafts", VersionReply, body)

        async def find() -> VersionReply | None:
            for version in await self._versions(plan.showroom):
                if version.number > before and version.note == plan.note and version.state == "draft":
                    held = await self._connection.ask("GET", f"versions/{version.id}/files", list[FileEntry])
                    if sorted(held, key=_path) == sorted(package.files.files, key=_path):
                        return version
            return None

        return await once(ask, find)

    async def _step(self, version: VersionReply, step: str, wanted: tuple[str, ...]) -> VersionReply:
        seen = {"If-Match": f'"{version.revision}"'}

        async def ask() -> VersionReply:
            return await self._connection.ask("POST", f"versions/{version.id}/{step}", VersionReply, headers=seen)

        async def find() -> VersionReply | None:
            now = await self._version(version.id)
            return now if now.state in wanted else None

        return await once(ask, find)

    async def _versions(self, showroom: str) -> list[VersionReply]:
        return await self._connection.ask("GET", f"showrooms/{showroom}/versions", list[VersionReply])

    async def _version(self, version_id: int) -> VersionReply:
        return await self._connection.ask("GET", f"versions/{version_id}", VersionReply)


def _path(entry: FileEntry) -> str:
    return entry.path


def _plural(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"

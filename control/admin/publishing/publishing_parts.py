"""What makes, validates and publishes versions, and the tasks that do it without being asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from control.admin.database import Database
from control.admin.keys import SigningKeys
from control.admin.publishing.child_process import Limits
from control.admin.publishing.drafts import Drafts
from control.admin.publishing.packing import Packing
from control.admin.publishing.previews import Previews
from control.admin.publishing.publish import Publisher
from control.admin.publishing.validation import Validations
from control.admin.publishing.work_folders import clear_abandoned
from control.admin.settings import AdminSettings
from control.admin.storage.blob_store import BlobStore


@dataclass(frozen=True, slots=True)
class PublishingParts:
    """A field of AdminParts."""

    drafts: Drafts
    packing: Packing
    publisher: Publisher
    validations: Validations
    previews: Previews


@asynccontextmanager
async def open_publishing_parts(
    settings: AdminSettings, database: Database, blobs: BlobStore, keys: SigningKeys, now: Callable[[], float]
) -> AsyncIterator[PublishingParts]:
    """The parts, with their tasks running. What a killed admin left is removed."""
    work = settings.data_folder.absolute() / "work"
    await asyncio.to_thread(clear_abandoned, work)
    drafts = Drafts(settings.package_max_bytes)
    packing = Packing(database, blobs, drafts, work, settings.package_max_bytes)
    limits = Limits(settings.validation_memory_bytes, settings.validation_max_s)
    validations = Validations(database, blobs, work, limits, settings.validation_max_s, settings.validators, now)
    publisher = Publisher(keys, four_eyes=settings.four_eyes)
    async with asyncio.TaskGroup() as group:
        previews = Previews(database, blobs, work, limits, settings.previews, settings.preview_idle_s, group)
        task = group.create_task(validations.run(), name="validations")
        try:
            yield PublishingParts(drafts, packing, publisher, validations, previews)
        finally:
            task.cancel()
            previews.stop_all()

"""What an edge and the admin tell each other. Paths are under ``/edge/v1``; the site's token is a bearer token.

- ``GET order?after=SERIAL&wait_s=N``: long poll; 200 with ``OrderReply`` where the order or the key ring is newer, else
  204 after ``wait_s``. Where the node's SERIAL is newer than the admin's (it was restored from a backup), the admin
  issues an order that is newer still; 409 where the serial can't have been one of its own.
- ``GET releases/DIGEST``: the release's ``Envelope``.
- ``GET blobs/DIGEST``: its bytes; ``Range`` (RFC 9110, section 14) is kept, so that a download goes on where it was.
- ``POST blobs`` with ``WantedBlobs``: many small ones in one body (``control.content.blob_batch``); 413 where that is
  too much for one.
- ``POST reports`` with ``NodeReport``: 204.
- ``POST visits`` with ``VisitReport``: 204; the same ``report_id`` again changes nothing.

A site sees the releases and blobs of its own orders, present and past, and no others (404). 401: no such token; 403:
the site is retired; 429 with ``Retry-After``: more than any node in order asks.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from control.content.blob_batch import BATCH_MAX_BLOBS
from control.content.envelope import Envelope
from control.content.names import Digest, PlainText, Record, Serial, SizeBytes, Slug, UnixSeconds, VersionNumber

WAIT_MAX_S: Final = 30.0
Count = Annotated[int, Field(strict=True, ge=0, le=2**53)]
Text = Annotated[PlainText, Field(max_length=2000)]
ShortText = Annotated[PlainText, Field(min_length=1, max_length=64)]


class OrderReply(Record):
    """What to show, and the newest key ring (None: there was never a rotation). Both are signed."""

    order: Envelope
    keyring: Envelope | None = None


ReleaseState: TypeAlias = Literal["fetching", "warming", "showing", "failed"]


class ShownRelease(Record):
    """How far a node is with one ordered showroom. ``showing``: the version that new visits see meanwhile."""

    showroom: Slug
    version: VersionNumber
    release: Digest
    state: ReleaseState
    showing: VersionNumber | None = None
    fetched_bytes: SizeBytes = 0
    """Moved over the network for this release, so far."""
    to_fetch_bytes: SizeBytes = 0
    """Of all blobs that it lacked when it began."""
    switch_ms: Annotated[float, Field(strict=True, ge=0.0, le=1e10)] | None = None
    """From the order's arrival until new visits saw it."""
    error: Text | None = None


class WantedBlobs(Record):
    """Blobs for one body, of at most ``BATCH_MAX_BYTES``."""

    digests: Annotated[tuple[Digest, ...], Field(min_length=1, max_length=BATCH_MAX_BLOBS)]


class Disk(Record):
    """What the content takes on a node's disk, and what it may."""

    used_bytes: SizeBytes
    budget_bytes: SizeBytes
    free_bytes: SizeBytes


class NodeReport(Record):
    """A node's state; sent at each change, and every minute without one. ``node`` names the machine or the pod."""

    node: ShortText
    software: ShortText
    order_serial: Serial
    ring_serial: Serial | None = None
    """Of the key ring that it believes; None: it goes by the keys of its options."""
    showrooms: Annotated[tuple[ShownRelease, ...], Field(max_length=64)] = ()
    disk: Disk
    visits: Count = 0
    visits_max: Count = 0
    warning: Text | None = None


DeviceClass: TypeAlias = Literal["phone", "tablet", "desktop", "headset", "other"]
Language: TypeAlias = Literal["en", "zh", "other"]


class SceneInterest(Record):
    """Of one scene within an hour."""

    scene: ShortText
    entered: Count
    dwell_s: Annotated[float, Field(strict=True, ge=0.0, le=1e9)]
    taps: Annotated[dict[ShortText, Count], Field(max_length=600)] = Field(default_factory=dict)
    """How often each hotspot was opened, by its id."""


class Quality(Record):
    """Of the stream, over the visits that ended within the hour: sums, so that they can be added up."""

    visits_measured: Count = 0
    round_trip_ms_sum: Annotated[float, Field(strict=True, ge=0.0, le=1e12)] = 0.0
    input_to_photon_ms_sum: Annotated[float, Field(strict=True, ge=0.0, le=1e12)] = 0.0
    loss_ratio_sum: Annotated[float, Field(strict=True, ge=0.0, le=1e9)] = 0.0
    freeze_ratio_sum: Annotated[float, Field(strict=True, ge=0.0, le=1e9)] = 0.0


class VisitTotals(Record):
    """Visits to one version of a showroom within one hour (UTC), without anything of a person: counts and sums."""

    showroom: Slug
    version: VersionNumber
    hour: Annotated[int, Field(strict=True, ge=0, le=2**32)]
    """Hours since 1970 began."""
    visits: Count
    visit_s: Annotated[float, Field(strict=True, ge=0.0, le=1e9)]
    devices: dict[DeviceClass, Count] = Field(default_factory=dict)
    languages: dict[Language, Count] = Field(default_factory=dict)
    scenes: Annotated[tuple[SceneInterest, ...], Field(max_length=200)] = ()
    quality: Quality = Quality()


class VisitReport(Record):
    """What a node counted since its last report. ``report_id`` is random: a report that is sent again counts once."""

    node: ShortText
    report_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    made_at: UnixSeconds
    totals: Annotated[tuple[VisitTotals, ...], Field(max_length=1000)]

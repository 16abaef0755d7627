"""What the admin's API answers, as far as pipelines need it: fields of newer versions are passed over."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from control.content.edge_api import NodeReport


class Reply(BaseModel):
    """Base of all of them."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class MissingBlobs(Reply):
    """Of those that were asked for, what the store lacks."""

    missing: tuple[str, ...]


class UploadStarted(Reply):
    """``stored``: the blob is there already, and there is nothing to send; else ``id`` and ``offset_bytes``."""

    stored: bool = False
    id: str | None = None
    offset_bytes: int = 0


class FindingReply(Reply):
    """Something that a validation found."""

    severity: str
    file: str = ""
    place: str = ""
    message: str
    code: str = ""

    def __str__(self) -> str:
        """As ``edge-render validate`` tells it."""
        where = ": ".join(part for part in (self.file, self.place) if part)
        code = f" [{self.code}]" if self.code else ""
        return f"{where}: {self.severity}: {self.message}{code}" if where else f"{self.severity}: {self.message}{code}"


class ReportReply(Reply):
    """What a validation found."""

    findings: tuple[FindingReply, ...] = ()

    def count(self, severity: str) -> int:
        """How many findings are so bad."""
        return sum(finding.severity == severity for finding in self.findings)


class VersionReply(Reply):
    """A version of a showroom."""

    id: int
    showroom: str
    number: int
    state: str
    revision: int
    note: str = ""
    missing: tuple[str, ...] = ()
    release: str | None = None

    @property
    def name(self) -> str:
        return f"{self.showroom}/{self.number}"


class TargetReply(Reply):
    """A site of a roll-out."""

    site: str
    state: str
    message: str = ""


class RolloutReply(Reply):
    """A release on its way to sites."""

    id: int
    showroom: str
    version: int
    version_id: int
    state: str
    message: str = ""
    waves: tuple[tuple[TargetReply, ...], ...] = ()
    starts_at: float

    @property
    def sites(self) -> tuple[TargetReply, ...]:
        """Of all waves."""
        return tuple(target for wave in self.waves for target in wave)


class NodeReply(Reply):
    """A node's last report."""

    reported_at: float
    live: bool
    report: NodeReport


class ShowroomAtSiteReply(Reply):
    """What a site is to show."""

    showroom: str
    version: int
    release: str
    previous_version: int | None = None


class SiteReply(Reply):
    """A site, and how its nodes are."""

    slug: str
    title: str
    edge_class: str
    condition: str
    showrooms: tuple[ShowroomAtSiteReply, ...] = ()
    nodes: tuple[NodeReply, ...] = ()

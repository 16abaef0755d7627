"""What a manifest says of a panorama. docs/package-format.md tells it in prose."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import Field, model_validator

from edge_render.look_around import LookAroundScene
from edge_render.manifest import PackagePath, ending_in

HDR_SUFFIX = ".hdr"
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".avif", HDR_SUFFIX)


class Layout(StrEnum):
    """Where the eyes' pictures are in the file."""

    MONO = "mono"
    """One equirectangular picture for both eyes, twice as wide as high."""
    STEREO_OVER_UNDER = "stereo-over-under"
    """Two of them, that of the left eye above."""

    @property
    def eyes(self) -> int:
        return 1 if self is Layout.MONO else 2


class PanoramaScene(LookAroundScene):
    """An equirectangular photograph that a visitor looks around in."""

    type: Literal["panorama"]
    image: Annotated[PackagePath, ending_in(IMAGE_SUFFIXES)]
    layout: Layout = Layout.MONO
    exposure: Annotated[float, Field(gt=0.0, le=64.0)] = 1.0
    """What the light of an HDR picture is multiplied by."""

    @model_validator(mode="after")
    def _exposes_light(self) -> PanoramaScene:
        if self.exposure != 1.0 and PurePosixPath(self.image).suffix.lower() != HDR_SUFFIX:
            raise ValueError("exposure is for .hdr pictures; all others are shown as they are")
        return self

"""The light of a walk-in scene, as showroom.json tells it. docs/package-format.md tells it in prose."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field, field_validator

from edge_render.manifest import Color, ManifestModel, PackagePath, Position, Unit, ending_in
from edge_render.panorama.spec import HDR_SUFFIX, IMAGE_SUFFIXES
from edge_render.pose import Vec3


class SunLight(ManifestModel):
    """Direction is where the light travels to; it need not have length 1, but must not be zero."""

    direction: Position = (0.3, -0.9, -0.3)
    color: Color = (1.0, 0.96, 0.9)
    intensity: Unit = 3.0

    @field_validator("direction")
    @classmethod
    def _not_zero(cls, value: Vec3) -> Vec3:
        if math.hypot(*value) < 1e-6:
            raise ValueError("must not be the zero vector")
        return value


class Environment(ManifestModel):
    """Light from all around and what is seen where nothing is drawn; linear RGB. With ``image`` it comes from that
    picture instead of from sky and ground."""

    sky: Color = (0.9, 0.95, 1.0)
    ground: Color = (0.45, 0.42, 0.4)
    intensity: Unit = 1.0
    background: Color = (0.62, 0.75, 0.9)
    exposure: Annotated[float, Field(gt=0.0, le=16.0)] = 1.0
    image: Annotated[PackagePath, ending_in(IMAGE_SUFFIXES)] | None = None
    """An equirectangular picture, whose middle is what yaw 0 looks at."""
    rotation_deg: Annotated[float, Field(ge=-360, le=360)] = 0.0
    """To the left."""
    show_background: bool = True
    """The picture is seen where nothing is drawn; else ``background`` is."""
    ambient_occlusion: bool = False
    """Corners are darker, on devices that have the time for it."""


class BakedLight(ManifestModel):
    """A lightmap: a picture of light on the second texture coordinates of the nodes named; of all that have them where
    none is named."""

    image: Annotated[PackagePath, ending_in(tuple(suffix for suffix in IMAGE_SUFFIXES if suffix != HDR_SUFFIX))]
    nodes: Annotated[tuple[str, ...], Field(max_length=10_000)] = ()
    intensity: Unit = 1.0

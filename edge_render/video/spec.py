"""What a manifest says of live and recorded 360° video. docs/package-format.md tells it in prose."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, TypeAdapter, model_validator

from edge_render.look_around import LookAroundScene
from edge_render.manifest import PackagePath, Text
from edge_render.video.address import ADDRESS_MAX_CHARS, check_address, is_address
from edge_render.video.containers import FILE_CONTAINERS
from edge_render.video.layout import Layout

_package_path: TypeAdapter[str] = TypeAdapter(PackagePath)


def _checked(source: str) -> str:
    if is_address(source):
        return check_address(source)
    if PurePosixPath(source).suffix.lower() not in FILE_CONTAINERS:
        raise ValueError(f"must be an address, or a file that ends in one of {', '.join(FILE_CONTAINERS)}")
    return _package_path.validate_python(source)


VideoAddress = Annotated[str, Field(min_length=1, max_length=ADDRESS_MAX_CHARS), AfterValidator(_checked)]
"""An address, or a file of the package."""


class LiveScene(LookAroundScene):
    """A 360° video that a visitor looks around in: a live camera, or a recording."""

    type: Literal["live"]
    source: VideoAddress
    layout: Layout = Layout.MONO
    loop: bool = True
    """A recording begins anew at its end."""
    source_volume: Annotated[float, Field(ge=0.0, le=4.0, allow_inf_nan=False)] = 1.0
    """What the source's own sound is multiplied by; at 0 it is not heard."""
    title: Text | None = None
    """What is seen; the sound button tells it."""

    @model_validator(mode="after")
    def _has_one_sound(self) -> LiveScene:
        if self.audio is not None and self.source_volume != 0.0:
            raise ValueError("audio takes the place of the source's sound: it needs sourceVolume 0")
        return self

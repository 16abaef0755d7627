"""A video around the visitor, as renderers take it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from edge_render.video.layout import Layout
from edge_render.video.picture import VideoPicture


class PictureSource(Protocol):
    """What a renderer needs of a video; edge_render.video.source is one. Any thread may call it."""

    @property
    def newest(self) -> VideoPicture | None:
        """The newest picture, for somebody who does not show it."""
        ...

    def look(self) -> VideoPicture | None:
        """The newest picture, for somebody who shows it; None where there has been none yet."""
        ...

    def watch(self, on_picture: Callable[[], None]) -> Callable[[], None]:
        """Be told of each new picture, on any thread; returns what ends that."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class VideoSphere:
    """Content of a scene: each eye's picture is equirectangular, its middle lies along -Z."""

    name: str
    source: PictureSource
    layout: Layout = Layout.MONO

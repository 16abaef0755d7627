"""Where the eyes' pictures are in a 360° video."""

from __future__ import annotations

from enum import StrEnum


class Layout(StrEnum):
    """What lies where in a 360° picture; each part is equirectangular: its middle looks along -Z, -180° to the left."""

    MONO = "mono"
    STEREO_OVER_UNDER = "stereo-over-under"
    """The left eye's picture above the right eye's."""
    STEREO_SIDE_BY_SIDE = "stereo-side-by-side"
    """The left eye's picture beside the right eye's."""

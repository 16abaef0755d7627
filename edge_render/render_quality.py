"""How much effort a picture gets: a ladder of three rungs, from which gl/quality_choice.py chooses at start."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Rung(StrEnum):
    """The ladder, from below."""

    SOFTWARE = "software"
    SMALL_GPU = "small-gpu"
    BIG_GPU = "big-gpu"


@dataclass(frozen=True, slots=True)
class RenderQuality:
    """Settings of drawing. The defaults are those of a big GPU; :meth:`for_software` was chosen by measurement."""

    samples: int = 4
    """Samples per pixel while the visitor moves (1: no multisampling)."""
    still_samples: int = 4
    """Samples per pixel of the first picture after the visitor has come to rest."""
    hand_outs: tuple[int, ...] = (4, 16)
    """See Refiner.hand_outs."""
    anisotropy: float = 16.0
    trilinear: bool = True
    """Blend between two mipmap levels instead of taking the nearer one."""
    texture_px_max: int = 16384
    """Width and height of the finest level of textures that have mipmaps, pixels."""
    shadow_size: int = 4096
    """Width and height of the shadow map of a whole scene, pixels."""
    cascades: int = 3
    """Finer shadow maps around the visitor, up to 3; see edge_render/shadow_plan.py."""
    cascade_size: int = 2048
    """Width and height of each, pixels."""
    shadow_cells: int = 12
    """How many of them are kept, for all visitors; at least one for each cascade."""
    moving_shadow_ticks: int = 1
    """The shadows of what moves are at most so many ticks behind it; see gpu_scene.TICKS_PER_S."""
    motion_scale: float = 1.0
    """Share of the width and height at which large pictures are drawn while the visitor moves; they are
    enlarged to their full size, and the still picture is drawn in full."""
    shadow_taps: int = 4
    """Filtered comparisons per pixel: 1 or 4."""
    ambient_occlusion: bool = True
    """Scenes that ask for it get it."""
    rough_glass: bool = True
    """Rough glass blurs what is behind it, from a copy of the picture; else it only tints it."""

    panorama_tiles_bytes: int = 256 * 1024**2
    """What the tiles of all panoramas may take of the GPU's memory, for each kind of tile."""

    @classmethod
    def of(cls, rung: Rung) -> Self:
        match rung:
            case Rung.SOFTWARE:
                return cls.for_software()
            case Rung.SMALL_GPU:
                return cls(anisotropy=4.0, shadow_size=2048, cascades=1, shadow_cells=4, ambient_occlusion=False)
            case Rung.BIG_GPU:
                return cls()

    @classmethod
    def for_device(cls, software: bool) -> Self:
        return cls.for_software() if software else cls()

    @classmethod
    def for_software(cls) -> Self:
        return cls(
            samples=1,
            still_samples=1,
            anisotropy=1.0,
            trilinear=False,
            # Mesa's software driver clears the room for a texture in one call: 50 ms for 4096x4096, in which nobody
            # else gets a picture, and 12 ms for this.
            texture_px_max=2048,
            shadow_size=2048,
            shadow_taps=1,
            rough_glass=False,
            ambient_occlusion=False,
            cascades=0,
            moving_shadow_ticks=4,
            motion_scale=0.7,
            panorama_tiles_bytes=128 * 1024**2,
        )

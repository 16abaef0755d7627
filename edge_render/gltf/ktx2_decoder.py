"""Runs in a decoder process: the largest picture of a KTX2 texture as RGBA, by Basis Universal's transcoder."""

from __future__ import annotations

from typing import Any

import numpy as np
import opengl_basisu
from numpy.typing import NDArray


def decode(data: NDArray[np.uint8], parameters: dict[str, Any]) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """One array, (height, width, 4) uint8. Raises ValueError, of which the library's errors are kinds."""
    texture = opengl_basisu.open(data.tobytes())
    return {}, [np.asarray(texture.transcode(opengl_basisu.Target.RGBA8).data)]

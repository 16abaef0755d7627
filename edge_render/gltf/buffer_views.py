"""The bytes of buffer views; those that meshopt has packed are unpacked once (EXT_meshopt_compression)."""

from __future__ import annotations

from typing import Any, Final

import meshopt
import numpy as np
from numpy.typing import NDArray

from edge_render.errors import ModelError
from edge_render.gltf.check import CheckedGltf
from edge_render.gltf.format_data import MeshoptView
from edge_render.gltf.limits import DECODED_MAX_BYTES

_WIDTHS: Final = {"OCTAHEDRAL": (4, 8), "COLOR": (4, 8), "QUATERNION": (8,)}


class BufferViews:
    """Contents and strides of a checked file's buffer views."""

    def __init__(self, checked: CheckedGltf) -> None:
        self._file = checked.path.name
        self._views = checked.gltf.buffer_views
        self._buffers = [np.frombuffer(content, np.uint8) for content in checked.buffers]
        self._unpacked: dict[int, NDArray[np.uint8]] = {}
        self._bytes_left = DECODED_MAX_BYTES

    def content(self, index: int) -> NDArray[np.uint8]:
        """All bytes of a view, (n,), not to be written to. Raises ModelError where they can't be unpacked."""
        view = self._views[index]
        packed = view.meshopt
        if packed is None:
            return self._buffers[view.buffer][view.byte_offset : view.byte_offset + view.byte_length]
        if index not in self._unpacked:
            place = f"{self._file}: bufferViews[{index}].extensions.EXT_meshopt_compression"
            self._bytes_left -= packed.count * packed.byte_stride
            if self._bytes_left < 0:
                raise ModelError(f"{place}: more than {DECODED_MAX_BYTES} bytes in all are packed")
            data = self._buffers[packed.buffer][packed.byte_offset : packed.byte_offset + packed.byte_length]
            try:
                self._unpacked[index] = unpack(data, packed)
            except ValueError as error:
                raise ModelError(f"{place}: can't be unpacked: {error}") from error
        return self._unpacked[index]

    def stride(self, index: int) -> int | None:
        """Bytes from one element to the next; None: without gaps."""
        view = self._views[index]
        return view.byte_stride if view.meshopt is None or view.byte_stride is not None else view.meshopt.byte_stride


def unpack(data: NDArray[np.uint8], packed: MeshoptView) -> NDArray[np.uint8]:
    """``packed.count * packed.byte_stride`` bytes, by meshoptimizer, filter undone. Raises ValueError."""
    stride = packed.byte_stride
    if packed.mode == "ATTRIBUTES":
        if stride % 4 or stride not in _WIDTHS.get(packed.filter, (stride,)):
            raise ValueError(f"elements of {stride} bytes are none that filter {packed.filter} is for")
    elif stride not in (2, 4):
        raise ValueError(f"indices have 2 or 4 bytes, not {stride}")
    # The JavaScript reference ignores filters of indices, which the extension forbids.
    unpacked: NDArray[Any] = meshopt.decode_gltf_buffer(data, packed.count, stride, packed.mode, packed.filter)
    return unpacked.reshape(-1).view(np.uint8)

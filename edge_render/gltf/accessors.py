"""Numbers out of the bytes of accessors (glTF 2.0, section 3.6.2), without a copy where the bytes allow it."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge_render.errors import ModelError
from edge_render.gltf.buffer_views import BufferViews
from edge_render.gltf.check import CheckedGltf
from edge_render.gltf.format_data import COMPONENTS, MATRIX_ROWS, Accessor

DTYPES: Final[dict[int, np.dtype[Any]]] = {
    5120: np.dtype("<i1"),
    5121: np.dtype("<u1"),
    5122: np.dtype("<i2"),
    5123: np.dtype("<u2"),
    5125: np.dtype("<u4"),
    5126: np.dtype("<f4"),
}

Floats = NDArray[np.float32]


class AccessorReader:
    """Reads each accessor of a checked file once. Arrays are (count, components) and must not be written to."""

    def __init__(self, checked: CheckedGltf, views: BufferViews) -> None:
        self._file = checked.path.name
        self._accessors = checked.gltf.accessors
        self._buffer_views = checked.gltf.buffer_views
        self._views = views
        self._raw: dict[int, NDArray[Any]] = {}
        self._floats: dict[int, Floats] = {}

    def raw(self, index: int) -> NDArray[Any]:
        """As stored: (count, components), matrices column by column. Raises ModelError."""
        if index not in self._raw:
            self._raw[index] = self._read(index)
        return self._raw[index]

    def floats(self, index: int) -> Floats:
        """As float32, normalised where the accessor says so. Raises ModelError where a value is no number."""
        if index not in self._floats:
            place = f"{self._file}: accessors[{index}]"
            self._floats[index] = to_floats(self.raw(index), self._accessors[index].normalized, place)
        return self._floats[index]

    def normalized(self, index: int) -> bool:
        """Whether its integers stand for 0 to 1, or -1 to 1."""
        return self._accessors[index].normalized

    def indices(self, index: int) -> NDArray[np.uint32]:
        """A SCALAR accessor of unsigned integers as (count,) uint32."""
        return np.ascontiguousarray(self.raw(index).reshape(-1), dtype=np.uint32)

    def _read(self, index: int) -> NDArray[Any]:
        accessor = self._accessors[index]
        if accessor.buffer_view is None:
            dense: NDArray[Any] = np.zeros((accessor.count, COMPONENTS[accessor.type]), DTYPES[accessor.component_type])
        else:
            dense = self._elements(accessor, accessor.buffer_view, accessor.byte_offset, accessor.count)
        if accessor.sparse is None:
            return dense
        sparse = accessor.sparse
        places = strided(
            self._views.content(sparse.indices.buffer_view),
            sparse.indices.byte_offset,
            None,
            sparse.count,
            DTYPES[sparse.indices.component_type],
        )[:, 0]
        if int(places.max()) >= accessor.count:
            raise ModelError(
                f"{self._file}: accessors[{index}].sparse.indices: {int(places.max())} is out of range"
                f" ({accessor.count} elements)"
            )
        result = dense.copy()
        result[places] = self._elements(accessor, sparse.values.buffer_view, sparse.values.byte_offset, sparse.count)
        return result

    def _elements(self, accessor: Accessor, view: int, offset: int, count: int) -> NDArray[Any]:
        dtype = DTYPES[accessor.component_type]
        return strided(
            self._views.content(view),
            offset,
            self._views.stride(view),
            count,
            dtype,
            components=COMPONENTS[accessor.type],
            matrix_rows=MATRIX_ROWS.get(accessor.type),
        )


def strided(
    content: NDArray[np.uint8],
    offset: int,
    stride: int | None,
    count: int,
    dtype: np.dtype[Any],
    *,
    components: int = 1,
    matrix_rows: int | None = None,
) -> NDArray[Any]:
    """``count`` elements as a view of ``content``, (count, components); columns of matrices begin at multiples of
    four bytes (section 3.6.2.4), and are copied where that leaves gaps. Raises ValueError past the end."""
    rows = matrix_rows or components
    columns = components // rows
    column_bytes = rows * dtype.itemsize
    if columns > 1:
        column_bytes += -column_bytes % 4
    view = np.ndarray(
        (count, columns, rows),
        dtype,
        buffer=content,
        offset=offset,
        strides=(stride or columns * column_bytes, column_bytes, dtype.itemsize),
    )
    return view.reshape(count, components)


def to_floats(raw: NDArray[Any], normalized: bool, place: str) -> Floats:
    """Any component type as float32; normalised integers as in section 3.11. Raises ModelError."""
    if raw.dtype.kind == "f":
        values = np.ascontiguousarray(raw, dtype=np.float32)
        # One sum is cheaper than a look at each value, and is a number only where all of them are.
        with np.errstate(invalid="ignore", over="ignore"):
            total = float(np.sum(values, dtype=np.float64))
        if not math.isfinite(total) and not np.isfinite(values).all():
            raise ModelError(f"{place} has values that are no numbers")
        return values
    values = raw.astype(np.float32)
    if normalized:
        values /= np.float32(np.iinfo(raw.dtype).max)
        if raw.dtype.kind == "i":
            np.maximum(values, np.float32(-1.0), out=values)
    return values

"""Buffers, buffer views and accessors: every range lies in what holds it, and all together is not too much."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edge_render.findings import FindingLog
from edge_render.gltf.container import Container
from edge_render.gltf.format import Gltf
from edge_render.gltf.format_data import COMPONENT_BYTES, FLOAT, UNSIGNED_INT, Accessor, BufferView, SparseIndices
from edge_render.gltf.limits import (
    DECODED_FREE_BYTES,
    DECODED_MAX_BYTES,
    DECODED_PER_BYTE,
    ELEMENTS_MAX,
    REFERENCED_MAX_BYTES,
)
from edge_render.gltf.uris import UriError, is_remote, read_uri
from edge_render.gltf.usage import Usage

_BUFFER_TYPES = ("application/octet-stream", "application/gltf-buffer")


def read_buffers(path: Path, gltf: Gltf, container: Container, log: FindingLog) -> tuple[memoryview, ...]:
    """The bytes of each buffer; none for one whose bytes are not there, which is an error only where they are used."""
    buffers = []
    bytes_left = REFERENCED_MAX_BYTES
    for index, buffer in enumerate(gltf.buffers):
        place = f"buffers[{index}]"
        content: memoryview | None = None
        if buffer.uri is not None and bytes_left >= 0:
            content = _read_uri(path.parent, f"{place}.uri", buffer.uri, container.is_glb, log)
            bytes_left -= 0 if content is None else len(content)
            if bytes_left < 0:
                message = f"all buffers together have more than {REFERENCED_MAX_BYTES} bytes"
                log.error(f"{place}.uri", message, "TOO_MUCH_DATA")
                content = None
        elif index == 0 and container.blob is not None:
            content = container.blob
            if len(content) > buffer.byte_length + 3:
                log.warning(place, "the binary chunk has more bytes than the buffer", "BUFFER_GLB_CHUNK_TOO_BIG")
        elif index == 0 and container.is_glb and not buffer.is_fallback:
            log.defect(place, "there is no binary chunk; nothing needs its bytes", "BUFFER_MISSING_GLB_DATA")
        if content is None:
            content = memoryview(b"")
        elif len(content) < buffer.byte_length:
            message = f"{buffer.byte_length}, but there are {len(content)} bytes: is it truncated?"
            log.error(f"{place}.byteLength", message, "BUFFER_BYTE_LENGTH_MISMATCH")
        buffers.append(content[: buffer.byte_length])
    return tuple(buffers)


def _read_uri(folder: Path, place: str, uri: str, is_glb: bool, log: FindingLog) -> memoryview | None:
    try:
        resource = read_uri(folder, uri)
    except UriError as error:
        # Nothing is ever fetched: glTF allows the address, and where nothing uses the bytes, they are not missed.
        (log.warning if is_remote(uri) else log.error)(place, str(error), error.code)
        return None
    if resource.media_type is not None and resource.media_type not in _BUFFER_TYPES:
        log.defect(place, "its media type is none of a buffer; read as one", "BUFFER_DATA_URI_MIME_TYPE_INVALID")
    if resource.media_type is not None and is_glb:
        log.warning(place, "inline data in a GLB file makes it a third larger", "DATA_URI_GLB")
    return memoryview(resource.data)


def check_views(gltf: Gltf, buffers: Sequence[memoryview], usage: Usage, log: FindingLog) -> None:
    """Each view lies in its buffer, and those that are read have bytes."""
    for index, view in enumerate(gltf.buffer_views):
        place = f"bufferViews[{index}]"
        size = gltf.buffers[view.buffer].byte_length
        if (end := view.byte_offset + view.byte_length) > size:
            log.error(place, f"ends at byte {end}, but the buffer has {size}", "BUFFER_VIEW_TOO_LONG")
        if view.byte_stride is not None and (view.byte_stride % 4 or view.byte_stride < 4):
            message = f"{view.byte_stride} is no multiple of 4; read as it is"
            log.defect(f"{place}.byteStride", message, "VALUE_NOT_IN_RANGE")
        source = view.buffer
        if (packed := view.meshopt) is not None:
            source = packed.buffer
            at = f"{place}.extensions.EXT_meshopt_compression"
            size = gltf.buffers[source].byte_length
            if (end := packed.byte_offset + packed.byte_length) > size:
                log.error(at, f"ends at byte {end}, but the buffer has {size}", "BUFFER_VIEW_TOO_LONG")
            if packed.count * packed.byte_stride != view.byte_length:
                message = f"gives {packed.count} times {packed.byte_stride} bytes, but the view has {view.byte_length}"
                log.error(at, message, "EXT_MESHOPT_COMPRESSION_LENGTH_MISMATCH")
            elif view.byte_stride is not None and view.byte_stride != packed.byte_stride:
                log.error(f"{at}.byteStride", "is another than that of the view", "VALUE_NOT_IN_RANGE")
        if index in usage.views and not buffers[source]:
            uri = gltf.buffers[source].uri
            where = "; nothing is fetched from a network" if uri is not None and is_remote(uri) else ""
            message = f"is read by {usage.views[index]}, but buffers[{source}] has no bytes{where}"
            log.error(place, message, "BUFFER_MISSING_DATA")


def check_accessors(gltf: Gltf, usage: Usage, log: FindingLog) -> None:
    """Each accessor lies in its view, and all that are read are together within the limits."""
    total = 0
    for index, accessor in enumerate(gltf.accessors):
        place = f"accessors[{index}]"
        if not accessor.is_known:
            kind = f"componentType {accessor.component_type} of type '{accessor.type[:20]}'"
            tell = log.error if index in usage.accessors else log.warning
            tell(place, f"{kind!a} does not exist", "VALUE_NOT_IN_LIST")
            continue
        _check_accessor(gltf, place, accessor, log)
        total += usage.reads[index] * accessor.count * accessor.components * 4
    stored = sum(buffer.byte_length for buffer in gltf.buffers if not buffer.is_fallback)
    limit = min(DECODED_MAX_BYTES, DECODED_FREE_BYTES + DECODED_PER_BYTE * stored)
    if total > limit:
        log.error("accessors", f"all that is drawn has {total} bytes, more than {limit} allowed", "TOO_MUCH_DATA")


def _check_accessor(gltf: Gltf, place: str, accessor: Accessor, log: FindingLog) -> None:
    if accessor.count > ELEMENTS_MAX:
        log.error(f"{place}.count", f"{accessor.count} is more than {ELEMENTS_MAX}", "TOO_MUCH_DATA")
    if accessor.normalized and accessor.component_type in (FLOAT, UNSIGNED_INT):
        log.defect(f"{place}.normalized", "only bytes and shorts can be; ignored", "ACCESSOR_NORMALIZED_INVALID")
    for name, bound in (("min", accessor.min), ("max", accessor.max)):
        if bound is not None and len(bound) != accessor.components:
            message = f"has {len(bound)} values, but elements have {accessor.components}; ignored"
            log.defect(f"{place}.{name}", message, "ARRAY_LENGTH_NOT_IN_LIST")
    if accessor.buffer_view is not None:
        view = gltf.buffer_views[accessor.buffer_view]
        _check_range(place, accessor, view, accessor.byte_offset, accessor.count, log)
    elif "byte_offset" in accessor.model_fields_set:
        log.defect(f"{place}.byteOffset", "without a bufferView it says nothing; ignored", "UNSATISFIED_DEPENDENCY")
    if (sparse := accessor.sparse) is None:
        return
    if sparse.count > accessor.count:
        message = f"{sparse.count}, but the accessor has {accessor.count} elements"
        log.error(f"{place}.sparse.count", message, "ACCESSOR_SPARSE_COUNT_OUT_OF_RANGE")
    for name, view_index in (("indices", sparse.indices.buffer_view), ("values", sparse.values.buffer_view)):
        if gltf.buffer_views[view_index].byte_stride is not None:
            at = f"{place}.sparse.{name}.bufferView"
            log.error(at, "must have no byteStride", "BUFFER_VIEW_INVALID_BYTE_STRIDE")
    view = gltf.buffer_views[sparse.values.buffer_view]
    _check_range(f"{place}.sparse.values", accessor, view, sparse.values.byte_offset, sparse.count, log)
    view = gltf.buffer_views[sparse.indices.buffer_view]
    _check_indices_range(f"{place}.sparse.indices", sparse.indices, view, sparse.count, log)


def _check_range(place: str, accessor: Accessor, view: BufferView, offset: int, count: int, log: FindingLog) -> None:
    size = accessor.component_bytes
    if (view.byte_stride or accessor.stride_bytes) < accessor.element_bytes:
        message = f"elements of {accessor.element_bytes} bytes do not fit a byteStride of {view.byte_stride}"
        log.error(place, message, "ACCESSOR_SMALL_BYTESTRIDE")
    end = offset + (count - 1) * (view.byte_stride or accessor.stride_bytes) + accessor.element_bytes
    if end > view.byte_length:
        log.error(place, f"ends at byte {end}, but its buffer view has {view.byte_length}", "ACCESSOR_TOO_LONG")
    if accessor.type.startswith("MAT") and offset % 4:
        message = "matrices must begin at multiples of 4 bytes; read as they are"
        log.defect(f"{place}.byteOffset", message, "ACCESSOR_MATRIX_ALIGNMENT")
    elif offset % size:
        message = f"{offset} is no multiple of {size}; read as it is"
        log.defect(f"{place}.byteOffset", message, "ACCESSOR_OFFSET_ALIGNMENT")
    elif (offset + view.byte_offset) % size:
        message = f"begins at byte {offset + view.byte_offset}, no multiple of {size}; read as it is"
        log.defect(place, message, "ACCESSOR_TOTAL_OFFSET_ALIGNMENT")


def _check_indices_range(place: str, indices: SparseIndices, view: BufferView, count: int, log: FindingLog) -> None:
    size = COMPONENT_BYTES[indices.component_type]
    if (end := indices.byte_offset + count * size) > view.byte_length:
        log.error(place, f"ends at byte {end}, but its buffer view has {view.byte_length}", "ACCESSOR_TOO_LONG")
    if (indices.byte_offset + view.byte_offset) % size:
        message = f"begins at a byte that is no multiple of {size}; read as it is"
        log.defect(place, message, "ACCESSOR_TOTAL_OFFSET_ALIGNMENT")

"""Accessors: every component type, stride, sparse values, normalisation, matrices with gaps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import meshopt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_render.errors import ModelError
from edge_render.gltf.accessors import AccessorReader, strided, to_floats
from edge_render.gltf.buffer_views import BufferViews
from edge_render.gltf.check import examine_gltf
from tests.edge_render.gltf.gltf_files import GltfFile


def _reader(folder: Path, file: GltfFile) -> AccessorReader:
    checked, findings = examine_gltf(file.write(folder))
    assert checked is not None, findings
    return AccessorReader(checked, BufferViews(checked))


def _morphing(file: GltfFile, target: int) -> GltfFile:
    """A triangle of which that accessor is a morph target, so that something uses it."""
    file.show(file.triangle(targets=[{"POSITION": target}]))
    return file


@pytest.mark.parametrize(
    ("dtype", "stored", "floats"),
    [
        ("int8", [-128, -127, 0, 127], [-1.0, -1.0, 0.0, 1.0]),
        ("uint8", [0, 51, 255, 255], [0.0, 0.2, 1.0, 1.0]),
        ("int16", [-32768, -32767, 0, 32767], [-1.0, -1.0, 0.0, 1.0]),
        ("uint16", [0, 13107, 65535, 65535], [0.0, 0.2, 1.0, 1.0]),
        ("uint32", [0, 1, 2, 3], [0.0, 1.0, 2.0, 3.0]),
        ("float32", [0.0, -1.5, 2.5, 1e6], [0.0, -1.5, 2.5, 1e6]),
    ],
)
def test_each_component_type_becomes_floats(dtype: str, stored: list[float], floats: list[float]) -> None:
    raw = np.array([stored], dtype)
    assert to_floats(raw, dtype not in ("uint32", "float32"), "here")[0] == pytest.approx(floats, abs=1e-6)
    if dtype != "float32":
        assert to_floats(raw, False, "here")[0].tolist() == stored


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_floats_that_are_no_numbers_are_refused(value: float) -> None:
    with pytest.raises(ModelError, match=r"here has values that are no numbers"):
        to_floats(np.array([[0.0, value]], np.float32), False, "here")


def test_interleaved_elements_are_read_in_place() -> None:
    rows = np.arange(24, dtype=np.float32).reshape(4, 6)
    content = rows.view(np.uint8).reshape(-1)
    second = strided(content, 12, 24, 4, np.dtype("<f4"), components=3)
    assert second.tolist() == rows[:, 3:].tolist()
    assert np.shares_memory(second, content)


@pytest.mark.parametrize(("side", "dtype", "column_bytes"), [(2, "u1", 4), (3, "u1", 4), (3, "<u2", 8), (4, "<f4", 16)])
def test_columns_of_matrices_begin_at_multiples_of_four_bytes(side: int, dtype: str, column_bytes: int) -> None:
    columns = np.arange(2 * side * side).reshape(2 * side, side).astype(dtype)
    padded = np.zeros((2 * side, column_bytes), np.uint8)
    padded[:, : columns.itemsize * side] = columns.view(np.uint8).reshape(2 * side, -1)
    read = strided(padded.reshape(-1), 0, None, 2, np.dtype(dtype), components=side * side, matrix_rows=side)
    assert read.tolist() == columns.reshape(2, -1).tolist()


def test_more_elements_than_there_are_bytes_are_not_read() -> None:
    with pytest.raises((ValueError, TypeError)):
        strided(np.zeros(20, np.uint8), 4, None, 5, np.dtype("<f4"))


@pytest.mark.parametrize("index_dtype", ["uint8", "uint16", "uint32"])
@pytest.mark.parametrize("with_base", [True, False])
def test_sparse_values_take_the_place_of_others(tmp_path: Path, index_dtype: str, with_base: bool) -> None:
    file = GltfFile()
    base = np.full((3, 3), 7.0, np.float32)
    sparse: dict[str, Any] = {
        "count": 2,
        "indices": {
            "bufferView": file.view(np.array([0, 2], index_dtype).tobytes()),
            "componentType": {"uint8": 5121, "uint16": 5123, "uint32": 5125}[index_dtype],
        },
        "values": {"bufferView": file.view(np.array([[1, 2, 3], [4, 5, 6]], np.float32).tobytes())},
    }
    view = file.view(base.tobytes()) if with_base else None
    bounds = {"min": [1, 2, 3], "max": [7, 7, 7]} if with_base else {"min": [0, 0, 0], "max": [4, 5, 6]}
    target = file.accessor_of(view, base, sparse=sparse, **bounds)
    between = 7.0 if with_base else 0.0
    assert _reader(tmp_path, _morphing(file, target)).floats(target).tolist() == [[1, 2, 3], [between] * 3, [4, 5, 6]]


_ROWS = np.random.default_rng(4).integers(0, 255, (40, 12)).astype(np.uint8)


@pytest.mark.parametrize("extension", ["EXT_meshopt_compression", "KHR_meshopt_compression"])
def test_views_that_meshopt_has_packed_are_unpacked(tmp_path: Path, extension: str) -> None:
    file = GltfFile()
    file.use(extension, required=True)
    corners = np.random.default_rng(4).normal(size=(90, 3)).astype(np.float32)
    _meshopt_accessor(file, extension, meshopt.encode_gltf_buffer(corners, "ATTRIBUTES"), corners, "ATTRIBUTES")
    indices = np.arange(90, dtype=np.uint16)
    for mode in ("TRIANGLES", "INDICES"):
        _meshopt_accessor(file, extension, meshopt.encode_gltf_buffer(indices, mode), indices, mode)
    file.tree["accessors"][0] |= {"min": corners.min(axis=0).tolist(), "max": corners.max(axis=0).tolist()}
    for indices_at in (1, 2):
        file.show({"attributes": {"POSITION": 0}, "indices": indices_at})
    reader = _reader(tmp_path, file)
    assert reader.raw(0).tolist() == corners.tolist()
    assert reader.indices(1).tolist() == reader.indices(2).tolist() == indices.tolist()


@pytest.mark.parametrize(
    ("name", "values", "tolerance"),
    [
        ("OCTAHEDRAL", [[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 1, 0]], 0.02),
        ("QUATERNION", [[0, 0, 0, 1], [0.5, 0.5, 0.5, 0.5], [0, 1, 0, 0]], 0.001),
        ("EXPONENTIAL", [[1.5, -2.25, 1000], [0, 0.125, 1e-3], [4, 5, 6]], 0.07),
    ],
)
def test_filters_of_meshopt_are_undone(tmp_path: Path, name: str, values: list[list[float]], tolerance: float) -> None:
    array = np.array(values, np.float32)
    file = GltfFile()
    file.use("EXT_meshopt_compression", required=True)
    file.use("KHR_mesh_quantization", required=True)
    if name == "OCTAHEDRAL":
        stored, like, more = meshopt.encode_filter_oct(array, 4, 8), np.zeros((3, 4), np.int8), {"normalized": True}
    elif name == "QUATERNION":
        stored, like, more = meshopt.encode_filter_quat(array, 8, 16), np.zeros((3, 4), np.int16), {"normalized": True}
    else:
        stored, like, more = meshopt.encode_filter_exp(array, 15), np.zeros((3, 3), np.float32), {}
    coded = meshopt.encode_gltf_buffer(stored, "ATTRIBUTES")
    target = _meshopt_accessor(file, "EXT_meshopt_compression", coded, like, "ATTRIBUTES", filter_name=name, more=more)
    if name == "EXPONENTIAL":
        file.tree["accessors"][target] |= {"min": [0, -2.25, 0.001], "max": [4, 5, 1000]}
    file.show(file.triangle())
    floats = _reader(tmp_path, file).floats(target)
    kept = 3 if name == "OCTAHEDRAL" else array.shape[1]
    assert floats[:, :kept] == pytest.approx(array[:, :kept], abs=tolerance)


def _meshopt_accessor(
    file: GltfFile,
    extension: str,
    coded: bytes,
    like: np.ndarray[Any, Any],
    mode: str,
    filter_name: str = "NONE",
    more: dict[str, Any] | None = None,
) -> int:
    """An accessor like that array, on a view whose own buffer has no bytes."""
    stride = like[0].nbytes if like.ndim > 1 else like.itemsize
    packed = file.view(coded)
    part = {
        **file.tree["bufferViews"][packed],
        "byteStride": stride,
        "count": len(like),
        "mode": mode,
        "filter": filter_name,
    }
    if "buffers" not in file.tree:
        file.tree["buffers"] = [{"byteLength": 0, "extensions": {extension: {"fallback": True}}}]
    fallback = file.tree["buffers"][0]
    view = {
        "buffer": 1,
        "byteOffset": fallback["byteLength"],
        "byteLength": like.nbytes,
        "extensions": {extension: part},
        **({"byteStride": stride} if mode == "ATTRIBUTES" else {}),
    }
    fallback["byteLength"] += like.nbytes + -like.nbytes % 4
    return file.accessor_of(file.add("bufferViews", view), like, **(more or {}))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=8), st.integers(0, 400))
def test_broken_meshopt_bytes_are_an_error_at_most(
    tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[int, int]], cut: int
) -> None:
    coded = bytearray(meshopt.encode_gltf_buffer(_ROWS, "ATTRIBUTES"))
    for at, value in flips:
        coded[at % len(coded)] = value
    file = GltfFile()
    file.use("EXT_meshopt_compression", required=True)
    like = np.zeros((40, 3), np.float32)
    coded_part = bytes(coded[: max(1, len(coded) - cut)])
    target = _meshopt_accessor(file, "EXT_meshopt_compression", coded_part, like, "ATTRIBUTES")
    file.show(file.triangle())
    try:
        reader = _reader(tmp_path_factory.mktemp("meshopt"), file)
        assert reader.raw(target).shape == (40, 3)
    except ModelError:
        pass

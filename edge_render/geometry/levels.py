"""Levels of detail of chunks of triangles: fewer and fewer indices into the same vertices. Pure numpy, no GL."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import structlog
from numpy.typing import NDArray

from edge_render.apart.pool import Decoded, Job, decode_apart
from edge_render.derived_cache import DerivedCache

SIMPLIFIER_VERSION = 1
"""To be raised whenever simplifier.py comes to make other levels of the same mesh."""
JOB_TRIANGLES = 150_000
"""About as many are simplified by one job: a second or two."""
_WORKING_BYTES_A_TRIANGLE = 2000

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

_Result: TypeAlias = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]
"""See simplifier.decode."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Of n chunks, in triangles (or lines, or points), not in indices; see Chunks in batches.py."""

    first: Ints = field(repr=False)
    count: Ints = field(repr=False)
    error_m: Floats = field(repr=False)

    @classmethod
    def whole(cls, first: Ints, total: int) -> Levels:
        """Each chunk reaches to the next one, and has one level."""
        count = np.diff(np.append(first, total))
        return cls(first[:, None], count[:, None], np.zeros((len(first), 1), np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class Detailed:
    """Triangles (m, 3) of ``positions`` (n, 3), in chunks that begin at ``first``."""

    positions: Floats = field(repr=False)
    triangles: NDArray[np.uint32] = field(repr=False)
    first: Ints = field(repr=False)


def simplified(
    meshes: Sequence[Detailed], cache: DerivedCache | None = None
) -> list[tuple[Levels, NDArray[np.uint32]]]:
    """The levels of many meshes, and the triangles of each with those of its levels behind them. Works in processes
    apart, all meshes at once, or takes what ``cache`` has; a mesh of which nothing comes back has the first level
    alone."""
    stretches = [[(chunks, _job(mesh, chunks)) for chunks in _stretches(mesh)] for mesh in meshes]
    results = iter(_results([job for parts in stretches for _, job in parts], cache))
    return [
        _joined(mesh, [(chunks, next(results)) for chunks, _ in parts])
        for mesh, parts in zip(meshes, stretches, strict=True)
    ]


def _joined(mesh: Detailed, parts: Sequence[tuple[Ints, _Result | None]]) -> tuple[Levels, NDArray[np.uint32]]:
    whole = Levels.whole(mesh.first, len(mesh.triangles))
    begins: list[Ints] = []
    counts: list[Ints] = []
    errors: list[Floats] = []
    found = [mesh.triangles]
    total = len(mesh.triangles)
    for chunks, result in parts:
        if result is None:
            return whole, mesh.triangles
        simpler, begin, count, error = result
        found.append(np.unique(_part(mesh, chunks))[simpler])
        begins.append(begin.astype(np.int64) + total)
        counts.append(count.astype(np.int64))
        errors.append(error)
        total += len(simpler)
    levels = Levels(
        np.concatenate([whole.first, np.concatenate(begins)], axis=1),
        np.concatenate([whole.count, np.concatenate(counts)], axis=1),
        np.concatenate([whole.error_m, np.concatenate(errors)], axis=1),
    )
    return levels, np.concatenate(found)


def _results(jobs: Sequence[Job], cache: DerivedCache | None) -> list[_Result | None]:
    """What each job comes to; None where it came to nothing."""
    if cache is None or not jobs:
        return [_checked(made) for made in decode_apart(jobs)]
    digest = hashlib.sha256()
    for job in jobs:
        digest.update(json.dumps(job.parameters, sort_keys=True).encode())
        digest.update(job.data.tobytes())

    def make(folder: Path) -> None:
        made = [_checked(result) for result in decode_apart(jobs)]
        for place, result in enumerate(made):
            if result is not None:
                np.savez(folder / f"{place}.npz", *result)

    folder = cache.entry("levels", SIMPLIFIER_VERSION, digest.hexdigest(), make)
    return [_stored(folder / f"{place}.npz") for place in range(len(jobs))]


def _checked(made: Decoded) -> _Result | None:
    if made.error is not None:
        log.warning("not_simplified", error=made.error)
        return None
    simpler, begin, count, error = made.arrays
    return simpler, begin, count, error


def _stored(file: Path) -> _Result | None:
    if not file.exists():
        return None
    with np.load(file, allow_pickle=False) as arrays:
        return arrays["arr_0"], arrays["arr_1"], arrays["arr_2"], arrays["arr_3"]


def _stretches(mesh: Detailed) -> Iterator[Ints]:
    """Where the chunks of each job begin, and the last of them ends."""
    ends = np.append(mesh.first, len(mesh.triangles))
    jobs = ends[:-1] // JOB_TRIANGLES
    cuts = np.concatenate([[0], np.flatnonzero(jobs[1:] != jobs[:-1]) + 1, [len(mesh.first)]])
    for begin, end in pairwise(cuts):
        if end > begin:
            yield ends[begin : end + 1]


def _part(mesh: Detailed, chunks: Ints) -> NDArray[np.uint32]:
    return mesh.triangles[chunks[0] : chunks[-1]]


def _job(mesh: Detailed, chunks: Ints) -> Job:
    used, local = np.unique(_part(mesh, chunks), return_inverse=True)
    triangles = local.reshape(-1, 3).astype(np.uint32)
    firsts = (chunks[:-1] - chunks[0]).astype(np.uint32)
    parts = (np.ascontiguousarray(mesh.positions[used], np.float32), triangles, firsts)
    return Job(
        "simplify",
        np.concatenate([part.reshape(-1).view(np.uint8) for part in parts]),
        working_bytes=64 * 1024**2 + _WORKING_BYTES_A_TRIANGLE * len(triangles),
        parameters={"vertices": len(used), "triangles": len(triangles), "chunks": len(firsts)},
    )

"""Levels of detail of chunks of triangles: fewer and fewer indices into the same vertices. Pure numpy, no GL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import structlog
from numpy.typing import NDArray

from edge_render.apart.pool import Job, decode_apart

JOB_TRIANGLES = 150_000
"""About as many are simplified by one job: a second or two."""
_WORKING_BYTES_A_TRIANGLE = 2000

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

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


def simplified(meshes: Sequence[Detailed]) -> list[tuple[Levels, NDArray[np.uint32]]]:
    """The levels of many meshes, and the triangles of each with those of its levels behind them. Works in processes
    apart, all meshes at once; a mesh of which nothing comes back has no levels but the first."""
    stretches = [(mesh, chunks) for mesh in meshes for chunks in _stretches(mesh)]
    results = iter(decode_apart(_job(mesh, chunks) for mesh, chunks in stretches))
    made: list[tuple[Levels, NDArray[np.uint32]]] = []
    for mesh in meshes:
        begins: list[Ints] = []
        counts: list[Ints] = []
        errors: list[Floats] = []
        found = [mesh.triangles]
        total = len(mesh.triangles)
        for chunks in _stretches(mesh):
            result = next(results)
            if result.error is not None:
                log.warning("not_simplified", chunks=len(chunks) - 1, error=result.error)
                begins = []
                break
            used = np.unique(_part(mesh, chunks))
            simpler, begin, count, error = result.arrays
            found.append(used[simpler])
            begins.append(begin.astype(np.int64) + total)
            counts.append(count.astype(np.int64))
            errors.append(error)
            total += len(simpler)
        else:
            whole = Levels.whole(mesh.first, len(mesh.triangles))
            if begins:
                levels = Levels(
                    np.concatenate([whole.first, np.concatenate(begins)], axis=1),
                    np.concatenate([whole.count, np.concatenate(counts)], axis=1),
                    np.concatenate([whole.error_m, np.concatenate(errors)], axis=1),
                )
                made.append((levels, np.concatenate(found)))
                continue
        made.append((Levels.whole(mesh.first, len(mesh.triangles)), mesh.triangles))
    return made


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

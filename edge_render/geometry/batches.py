"""A scene as it is drawn: its nodes merged into few large vertex buffers. Pure numpy, no GL.

The indices of a batch are ordered by *chunks*, which are what is culled, sorted and drawn in more or less detail per
frame, all at once in numpy: coarse cells of space for what never moves, else whole nodes, or instances.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from edge_render.derived_cache import DerivedCache
from edge_render.geometry.levels import Detailed, Levels, simplified
from edge_render.geometry.movement import Boxes, Movement
from edge_render.geometry.placing import BatchKey, Part, Placer, Placing, Primitive
from edge_render.mipmaps import Mipmaps, TextureForm, make_mipmaps
from edge_render.scene import Scene

CHUNK_CELL_M = 3.0
"""Least edge of the cells that triangles are grouped by; large scenes get larger cells."""
CHUNK_CELLS_PER_AXIS_MAX = 12
SIMPLIFIED_FROM_TRIANGLES = 200_000
"""Smaller scenes are drawn quickly as they are."""


Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
_Number = TypeVar("_Number", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Chunks:
    """The parts of a batch that are drawn or left out as a whole. Level 0 is all of it; others have fewer triangles."""

    first: Ints = field(repr=False)
    """(n, levels): its first index."""
    count: Ints = field(repr=False)
    """(n, levels): how many indices."""
    error_m: Floats = field(repr=False)
    """(n, levels): by how much a level is off, in the space of the batch; infinite where there is no such level."""
    low: Floats = field(repr=False)
    high: Floats = field(repr=False)
    """(n, 3): what it lies between in world space; of what moves, see ``boxes``."""
    shown: Ints = field(repr=False)
    """(n,): index into ``PreparedScene.shown``."""
    row: Ints = field(repr=False)
    """(n,): of an instance, the row of the palette that places it; else 0."""
    boxes: Boxes | None = field(repr=False)
    """None: nothing of it moves."""
    box_chunk: Ints = field(repr=False)
    """Which chunk each of the boxes is of, ascending."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """All that is drawn with one material in one way. Vertices are in node order: those of node ``node_ids[i]`` begin
    at ``node_first_vertex[i]``. Attributes are (n, …); what they are is said in Part."""

    key: BatchKey
    positions: Floats = field(repr=False)
    normals: Floats = field(repr=False)
    uvs: Floats | None = field(repr=False)
    uvs_1: Floats | None = field(repr=False)
    tangents: Floats | None = field(repr=False)
    """(n, 4): direction of growing u, and the sign of the bitangent ``cross(normal, tangent)``."""
    colors: Floats | None = field(repr=False)
    rows: NDArray[np.uint32] | None = field(repr=False)
    weights: Floats | None = field(repr=False)
    morph: NDArray[np.int32] | None = field(repr=False)
    indices: NDArray[np.uint32] = field(repr=False)
    chunks: Chunks
    node_ids: Ints = field(repr=False)
    node_first_vertex: Ints = field(repr=False)

    @property
    def material(self) -> int:
        """Index into ``Scene.materials``."""
        return self.key.material

    def node_of_vertex(self, vertex: int) -> int:
        """Index in ``Scene.nodes`` of the node that a vertex of this batch belongs to."""
        return int(self.node_ids[np.searchsorted(self.node_first_vertex, vertex, side="right") - 1])


@dataclass(frozen=True, slots=True, eq=False)
class PreparedScene:
    """A scene and all that has to be worked out before it is put on the GPU."""

    source: Scene
    batches: tuple[Batch, ...]
    movement: Movement
    shown: NDArray[np.bool_] = field(repr=False)
    """(n, 1 + variants): sets of variants, without any first."""
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    """World space, metres: all that is drawn lies between them, wherever it moves; zeros where nothing is."""
    swept_low: NDArray[np.float64] = field(repr=False)
    swept_high: NDArray[np.float64] = field(repr=False)
    """(boxes, 3): between which each box of the batches' chunks is, wherever it moves; in order of the batches."""
    mipmaps: Mapping[TextureForm, Mipmaps] = field(default_factory=dict, repr=False)


def prepare_scene(
    scene: Scene, cache: DerivedCache | None = None, *, levels_from: int = SIMPLIFIED_FROM_TRIANGLES
) -> PreparedScene:
    """Merge a scene's nodes, in the order of ``Scene.materials``. It may take seconds for millions of triangles, and
    needs no GL: do it off the thread that draws. Scenes of ``levels_from`` triangles get levels of detail,
    which ``cache`` keeps. Raises OSError where its disk is full."""
    placer = Placer(scene)
    parts: dict[BatchKey, list[Part]] = defaultdict(list)
    for part in placer.parts():
        parts[part.key].append(part)
    movement = placer.plan.finish()
    groups = sorted(parts.items())
    ordered = [part for _, group in groups for part in group]
    swept_low, swept_high = movement.swept(joined_boxes([part.boxes for part in ordered if part.boxes is not None]))
    low, high = _bounds(ordered, swept_low, swept_high)
    cell_m = max(CHUNK_CELL_M, float((high - low).max()) / CHUNK_CELLS_PER_AXIS_MAX)
    merger = _Merger(scene, low, cell_m)
    drafts = [merger.draft(key, group) for key, group in groups]
    levels: dict[int, tuple[Levels, NDArray[np.uint32]]] = {}
    if scene.triangle_count() >= levels_from:
        chosen = [index for index, draft in enumerate(drafts) if draft.has_levels]
        levels = dict(zip(chosen, simplified([drafts[index].detailed for index in chosen], cache), strict=True))
    return PreparedScene(
        source=scene,
        batches=tuple(
            _finished(draft, *levels.get(index, (Levels.whole(draft.first, len(draft.elements)), draft.elements)))
            for index, draft in enumerate(drafts)
        ),
        movement=movement,
        shown=np.array(list(placer.shown), np.bool_).reshape(-1, 1 + len(scene.variants)),
        low=low,
        high=high,
        swept_low=swept_low,
        swept_high=swept_high,
        mipmaps=make_mipmaps(scene),
    )


def _bounds(
    parts: Sequence[Part], swept_low: NDArray[np.float64], swept_high: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    still = [part.positions for part in parts if part.boxes is None]
    low = np.concatenate([*(positions.min(axis=0, keepdims=True) for positions in still), swept_low], dtype=np.float64)
    high = np.concatenate(
        [*(positions.max(axis=0, keepdims=True) for positions in still), swept_high], dtype=np.float64
    )
    if not len(low):
        return np.zeros(3), np.zeros(3)
    return low.min(axis=0), high.max(axis=0)


def joined_boxes(parts: Sequence[Boxes]) -> Boxes:
    """One after the other."""
    return Boxes(
        np.concatenate([np.zeros(0, np.int64), *(part.rows for part in parts)]),
        np.concatenate([np.zeros((0, 3)), *(part.low for part in parts)]),
        np.concatenate([np.zeros((0, 3)), *(part.high for part in parts)]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Draft:
    """A batch on its way: what is still missing are its levels of detail."""

    key: BatchKey
    parts: list[Part] = field(repr=False)
    vertices: list[Part] = field(repr=False)
    """Those of the parts whose vertices it keeps; instances keep the first one's."""
    positions: Floats = field(repr=False)
    elements: NDArray[np.uint32] = field(repr=False)
    """(m, corners)."""
    first: Ints = field(repr=False)
    """The first element of each chunk."""
    shown: Ints = field(repr=False)
    """Of each chunk."""

    @property
    def has_levels(self) -> bool:
        """Colours of vertices would be lost with them, and skins and morph targets change what was measured."""
        still = self.key.placing not in (Placing.SKIN_4, Placing.SKIN_8) and not self.key.morphs
        plain = all(part.colors is None for part in self.vertices)
        return self.key.primitive is Primitive.TRIANGLES and still and plain

    @property
    def detailed(self) -> Detailed:
        return Detailed(self.positions, self.elements, self.first)


class _Merger:
    """Joins parts of one key."""

    def __init__(self, scene: Scene, origin: NDArray[np.float64], cell_m: float) -> None:
        self._origin, self._cell_m = origin, cell_m
        self._blended = [material.blended for material in scene.materials]

    def draft(self, key: BatchKey, parts: list[Part]) -> _Draft:
        vertices = parts[:1] if key.placing is Placing.INSTANCED else parts
        first_vertex = np.cumsum([0, *(len(part.positions) for part in vertices)])
        positions = np.concatenate([part.positions for part in vertices])
        elements = np.concatenate(
            [
                part.indices.astype(np.uint32) + np.uint32(first)
                for part, first in zip(vertices, first_vertex, strict=False)
            ]
        )
        shown = np.array([part.shown for part in parts], np.int64)
        if key.placing is Placing.FIXED:
            return self._cells(key, parts, positions, elements, shown)
        lengths = [len(part.indices) for part in vertices]
        return _Draft(key, parts, vertices, positions, elements, np.cumsum([0, *lengths[:-1]]), shown)

    def _cells(
        self, key: BatchKey, parts: list[Part], positions: Floats, elements: NDArray[np.uint32], shown: Ints
    ) -> _Draft:
        """Ordered by cells of space; what is blended, and must be sorted, by nodes."""
        lengths = [len(part.indices) for part in parts]
        shown = np.repeat(shown, lengths)
        if self._blended[key.material]:
            group = np.repeat(np.arange(len(parts)), lengths)
        else:
            centres = positions[elements].mean(axis=1)
            x, y, z = np.floor((centres - self._origin) / self._cell_m).astype(np.int64).T
            group = (shown << 30) | (x << 20) | (z << 10) | y
        order = np.argsort(group, kind="stable")
        group = group[order]
        first = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
        return _Draft(key, parts, parts, positions, elements[order], first, shown[order][first])


def _finished(draft: _Draft, levels: Levels, elements: NDArray[np.uint32]) -> Batch:
    vertices = draft.vertices
    return Batch(
        key=draft.key,
        positions=draft.positions,
        normals=np.concatenate([part.normals for part in vertices]).astype(np.float32),
        uvs=_join([part.uvs for part in vertices], vertices, (0.0, 0.0)),
        uvs_1=_join([part.uvs_1 for part in vertices], vertices, (0.0, 0.0)),
        tangents=_join([part.tangents for part in vertices], vertices, (1.0, 0.0, 0.0, 1.0)),
        colors=_join([part.colors for part in vertices], vertices, (1.0, 1.0, 1.0, 1.0)),
        rows=_stack([part.rows for part in vertices if part.rows is not None]),
        weights=_stack([part.weights for part in vertices if part.weights is not None]),
        morph=_stack([part.morph for part in vertices if part.morph is not None]),
        indices=np.ascontiguousarray(elements, dtype=np.uint32).reshape(-1),
        chunks=_chunks(draft, levels),
        node_ids=np.array([part.node for part in vertices], dtype=np.int64),
        node_first_vertex=np.cumsum([0, *(len(part.positions) for part in vertices[:-1])]),
    )


def _chunks(draft: _Draft, levels: Levels) -> Chunks:
    boxes = [part.boxes for part in draft.parts if part.boxes is not None]
    counts = [len(part.rows) for part in boxes]
    shown, row, corners = draft.shown, np.zeros(len(draft.shown), np.int64), draft.key.primitive.corners
    low = high = np.zeros((len(draft.shown), 3), np.float32)
    if not boxes:
        held = draft.positions[draft.elements]
        low = np.minimum.reduceat(held.min(axis=1), draft.first, axis=0)
        high = np.maximum.reduceat(held.max(axis=1), draft.first, axis=0)
    elif draft.key.placing is Placing.INSTANCED:
        every = np.zeros(sum(counts), np.int64)
        levels = Levels(levels.first[every], levels.count[every], levels.error_m[every])
        shown, row = np.repeat(shown, counts), np.concatenate([part.rows for part in boxes])
        low = high = np.zeros((len(every), 3), np.float32)
        counts = [1] * len(every)
    return Chunks(
        first=levels.first * corners,
        count=levels.count * corners,
        error_m=levels.error_m,
        low=low,
        high=high,
        shown=shown,
        row=row,
        boxes=joined_boxes(boxes) if boxes else None,
        box_chunk=np.repeat(np.arange(len(shown) if boxes else 0), counts),
    )


def _join(values: list[Floats | None], parts: list[Part], default: tuple[float, ...]) -> Floats | None:
    """Concatenate a vertex attribute that some nodes may lack; None where all do."""
    if all(value is None for value in values):
        return None
    filled = [
        np.tile(np.asarray(default, np.float32), (len(part.positions), 1))
        if value is None
        else value.astype(np.float32)
        for value, part in zip(values, parts, strict=True)
    ]
    return np.concatenate(filled)


def _stack(parts: Sequence[NDArray[_Number]]) -> NDArray[_Number] | None:
    return np.concatenate(parts) if parts else None

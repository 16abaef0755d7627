"""Which chunks one view draws, in which order and detail: all chunks of a scene at once, in numpy. No GL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from edge_render.geometry.batches import Batch, PreparedScene, joined_boxes
from edge_render.geometry.movement import world_boxes
from edge_render.geometry.placing import Placing

ERROR_MAX_PX = 0.7
"""By how many pixels a simpler level may be off where it is drawn: nobody sees less than one."""

BANDS_MAX = 6
BAND_CHUNKS = 3
"""Of one batch in a band, on average."""

_Number = TypeVar("_Number", bound=np.generic)
Run = tuple[int, int, int]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Detail:
    """How large things are in a picture: ``pixels`` that a metre is high, one metre away (or at any distance, where the
    projection is parallel)."""

    pixels: float
    parallel: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class DrawList:
    """The chunks to draw, in order: runs of (batch, first, how many) into the arrays. A run of instances is of one
    level, so that its first count and offset are those of all."""

    opaque: list[Run]
    blended: list[Run]
    counts: NDArray[np.int32] = field(repr=False)
    offsets: NDArray[np.int64] = field(repr=False)
    """Bytes into the index buffer."""
    rows: NDArray[np.int32] = field(repr=False)
    """Of instances, the palette's rows."""

    @property
    def triangles(self) -> int:
        """How many are drawn, if there are no lines or points."""
        return int(self.counts.sum()) // 3

    def little(self) -> DrawList:
        """The first chunk of each run: enough to meet every shader."""
        return replace(
            self,
            opaque=[(batch, first, 1) for batch, first, _ in self.opaque],
            blended=[(batch, first, 1) for batch, first, _ in self.blended],
        )

    def parted(self, runs: Sequence[Run], indices_max: int) -> Iterator[list[Run]]:
        """Runs in parts of about so many indices, for drawings that must leave room for others in between. A chunk is
        never parted, nor is a run of instances."""
        part: list[Run] = []
        left = indices_max
        for batch, first, length in runs:
            done = 0
            while done < length:
                reached = np.cumsum(self.counts[first + done : first + length])
                taken = max(1, int(np.searchsorted(reached, left, side="right")))
                part.append((batch, first + done, taken))
                left -= int(reached[taken - 1])
                done += taken
                if left <= 0 or done < length:
                    yield part
                    part, left = [], indices_max
        if part:
            yield part


class ChunkTable:
    """The chunks of all batches side by side. What moves is where :meth:`move` last put it."""

    def __init__(self, prepared: PreparedScene) -> None:
        batches, materials = prepared.batches, prepared.source.materials
        self._batch = np.repeat(np.arange(len(batches)), [len(batch.chunks.first) for batch in batches])
        levels = max((batch.chunks.first.shape[1] for batch in batches), default=1)
        self._counts = _side_by_side([batch.chunks.count for batch in batches], levels, 0).astype(np.int32)
        self._offsets = _side_by_side([batch.chunks.first for batch in batches], levels, 0).astype(np.int64) * 4
        self._errors = _side_by_side([batch.chunks.error_m for batch in batches], levels, np.inf)
        low = np.concatenate([np.zeros((0, 3)), *(batch.chunks.low for batch in batches)])
        high = np.concatenate([np.zeros((0, 3)), *(batch.chunks.high for batch in batches)])
        self._rows = _flat([batch.chunks.row for batch in batches]).astype(np.int32)
        blended = np.array([materials[batch.material].blended for batch in batches], np.bool_)
        self._blended = blended[self._batch]
        self._instanced = np.array([batch.key.placing is Placing.INSTANCED for batch in batches], np.bool_)
        shown = _flat([batch.chunks.shown for batch in batches])
        self._shown = None if prepared.shown.all() else prepared.shown[shown].T.copy()
        self._boxes = joined_boxes([batch.chunks.boxes for batch in batches if batch.chunks.boxes is not None])
        box_chunk = _box_chunks(batches)
        self._box_first = np.flatnonzero(np.concatenate([[True], box_chunk[1:] != box_chunk[:-1]])[: len(box_chunk)])
        self._placed = box_chunk[self._box_first]
        self._scale = np.ones(len(self._batch))
        if len(self._placed):
            low[self._placed] = np.minimum.reduceat(prepared.swept_low, self._box_first, axis=0)
            high[self._placed] = np.maximum.reduceat(prepared.swept_high, self._box_first, axis=0)
        self._swept_center, self._swept_extent = (low + high) * 0.5, (high - low) * 0.5
        self._center, self._extent = self._swept_center.copy(), self._swept_extent.copy()
        self._moving = _moving(prepared)
        self._low, self._high = prepared.low, prepared.high
        self.move(prepared.movement.palette(None))

    @property
    def moving(self) -> int:
        """How many chunks ever move or change their shape."""
        return len(self._moving)

    @property
    def moving_bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Smallest and largest corner of all places where what moves ever is; there must be some."""
        center, extent = self._swept_center[self._moving], self._swept_extent[self._moving]
        return (center - extent).min(axis=0), (center + extent).max(axis=0)

    @property
    def instances(self) -> bool:
        return bool(self._instanced.any())

    def move(self, palette: NDArray[np.float32]) -> None:
        """Find what does not stand in the world where a palette puts it."""
        if not len(self._placed):
            return
        low, high = world_boxes(palette, self._boxes)
        least = np.minimum.reduceat(low, self._box_first, axis=0)
        most = np.maximum.reduceat(high, self._box_first, axis=0)
        self._center[self._placed], self._extent[self._placed] = (least + most) * 0.5, (most - least) * 0.5
        linear = palette[self._boxes.rows[self._box_first], :, :3]
        self._scale[self._placed] = np.sqrt((linear * linear).sum(axis=1).max(axis=1))

    def seen_moving(
        self, clip_from_world: Matrix, variant: int | None, sun_direction: tuple[float, float, float] | None = None
    ) -> bool:
        """Whether anything that moves ever comes into a view, or its shadow where light travels in a direction."""
        center, extent = self._swept_center[self._moving], self._swept_extent[self._moving]
        shadow = None if sun_direction is None else self._to_the_end(center, extent, np.asarray(sun_direction))
        inside = _inside(clip_from_world, center, extent, shadow)
        if self._shown is not None:
            inside &= self._shown[_variant(variant, self._shown), self._moving]
        return bool(inside.any())

    def _to_the_end(self, center: Matrix, extent: Matrix, direction: Matrix) -> Matrix:
        """How far, (n, 3), boxes may be moved in a direction before all of them has left the scene."""
        along = np.flatnonzero(np.abs(direction) > 1e-9)
        rear = center - np.sign(direction) * extent
        end = np.where(direction > 0.0, self._high, self._low)
        lengths = ((end - rear)[:, along] / direction[along]).min(axis=1)
        result: Matrix = np.maximum(lengths, 0.0)[:, None] * direction
        return result

    def draw_list(
        self,
        clip_from_world: Matrix,
        eye: tuple[float, float, float],
        variant: int | None,
        detail: Detail | None,
        moving: bool | None = None,
    ) -> DrawList:
        """Leave out chunks outside the view and sort: opaque ones nearest first, as far as batches allow, blended ones
        farthest first across all of them. Without ``detail``, all is drawn at its finest. ``moving``: only what ever
        moves, or only what does not."""
        inside = _inside(clip_from_world, self._center, self._extent)
        if moving is not None:
            ever = np.zeros(len(inside), np.bool_)
            ever[self._moving] = True
            inside &= ever if moving else ~ever
        if self._shown is not None:
            inside &= self._shown[_variant(variant, self._shown)]
        visible = np.flatnonzero(inside)
        to_eye = np.abs(self._center[visible] - np.asarray(eye))
        distance = np.linalg.norm(np.maximum(to_eye - self._extent[visible], 0.0), axis=1)
        level = self._level(visible, distance, detail)
        batch = self._batch[visible]
        blended = self._blended[visible]
        # Instances of one level follow each other, as they are drawn in one call.
        opaque_order = np.lexsort(
            (distance, np.where(self._instanced[batch], level, 0), batch, _bands(distance, batch))
        )
        opaque_order = opaque_order[~blended[opaque_order]]
        blended_order = np.argsort(-np.linalg.norm(to_eye, axis=1), kind="stable")
        blended_order = blended_order[blended[blended_order]]
        order = np.concatenate([opaque_order, blended_order])
        chosen, level, batch = visible[order], level[order], batch[order]
        split = len(opaque_order)
        runs = _runs(batch, np.where(self._instanced[batch], level, 0), split)
        return DrawList(
            opaque=[run for run in runs if run[1] < split],
            blended=[run for run in runs if run[1] >= split],
            counts=self._counts[chosen, level],
            offsets=self._offsets[chosen, level],
            rows=self._rows[chosen],
        )

    def _level(
        self, visible: NDArray[np.int64], distance: NDArray[np.float64], detail: Detail | None
    ) -> NDArray[np.int64]:
        if detail is None or self._errors.shape[1] == 1:
            return np.zeros(len(visible), np.int64)
        allowed_m = np.full(len(visible), ERROR_MAX_PX / detail.pixels)
        if not detail.parallel:
            allowed_m *= distance
        fits = self._errors[visible, 1:] * self._scale[visible, None] <= allowed_m[:, None]
        level: NDArray[np.int64] = np.cumprod(fits, axis=1, dtype=np.int64).sum(axis=1)
        return level


def _bands(distance: NDArray[np.float64], batch: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which part of the depth each chunk is in, nearest first: what is near must be drawn before what it hides, of
    whichever material. More parts hide more and are more calls, so there are few chunks to a call at least."""
    bands = min(BANDS_MAX, len(batch) // (BAND_CHUNKS * max(1, len(np.unique(batch)))))
    if bands < 2:
        return np.zeros(len(batch), np.int64)
    rank = np.empty(len(batch), np.int64)
    rank[np.argsort(distance, kind="stable")] = np.arange(len(batch))
    return rank * bands // len(batch)


def _inside(clip_from_world: Matrix, center: Matrix, extent: Matrix, moved: Matrix | None = None) -> NDArray[np.bool_]:
    """Which boxes a view may hold any of; with ``moved`` (n, 3), also of all places on that way."""
    planes = np.concatenate([clip_from_world[3] + clip_from_world[:3], clip_from_world[3] - clip_from_world[:3]])
    # Signed distance of the corner that lies farthest inside each plane, for all chunks at once.
    reach = center @ planes[:, :3].T + planes[:, 3] + extent @ np.abs(planes[:, :3]).T
    if moved is not None:
        reach = reach + np.maximum(moved @ planes[:, :3].T, 0.0)
    result: NDArray[np.bool_] = (reach >= 0.0).all(axis=1)
    return result


def _variant(variant: int | None, shown: NDArray[np.bool_]) -> int:
    """Its row; one that the scene does not have is none."""
    return 0 if variant is None or not 0 <= variant < len(shown) - 1 else variant + 1


def _moving(prepared: PreparedScene) -> NDArray[np.int64]:
    """The chunks that ever move or change their shape."""
    movement = prepared.movement
    first = 0
    moving: list[NDArray[np.int64]] = []
    for batch in prepared.batches:
        chunks = batch.chunks
        if chunks.boxes is not None:
            moves = movement.row_moves[chunks.boxes.rows]
            found = np.unique(chunks.box_chunk[moves]) if not batch.key.morphs else np.arange(len(chunks.first))
            moving.append(first + found)
        first += len(chunks.first)
    return np.concatenate(moving) if moving else np.zeros(0, np.int64)


def _box_chunks(batches: tuple[Batch, ...]) -> NDArray[np.int64]:
    first, found = 0, [np.zeros(0, np.int64)]
    for batch in batches:
        found.append(first + batch.chunks.box_chunk)
        first += len(batch.chunks.first)
    return np.concatenate(found)


def _side_by_side(parts: Sequence[NDArray[_Number]], levels: int, missing: float) -> NDArray[np.float64]:
    padded = [
        np.pad(part.astype(np.float64), ((0, 0), (0, levels - part.shape[1])), constant_values=missing)
        for part in parts
    ]
    return np.concatenate(padded) if padded else np.zeros((0, levels))


def _flat(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _runs(batch: NDArray[np.int64], level: NDArray[np.int64], split: int) -> list[Run]:
    """Stretches of equal batch and level, cut at ``split`` too, as (batch, first, length)."""
    if len(batch) == 0:
        return []
    change = (batch[1:] != batch[:-1]) | (level[1:] != level[:-1])
    if 0 < split < len(batch):
        change[split - 1] = True
    starts = np.concatenate([[0], np.flatnonzero(change) + 1])
    lengths = np.diff(np.append(starts, len(batch)))
    return [
        (int(index), int(first), int(length))
        for index, first, length in zip(batch[starts], starts, lengths, strict=True)
    ]

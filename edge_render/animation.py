"""Where everything in a rig is at a time: all tracks sampled and all nodes placed at once, in numpy.

Nothing here loops over nodes or tracks: tracks of one kind lie side by side, and a single binary search finds the keys
of all of them. World matrices come by pointer jumping (J. JáJá, "An Introduction to Parallel Algorithms", 1992, section
2.2): each round joins a node's matrix with that of an ancestor twice as far away, so that even a chain of a
thousand nodes takes ten rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from edge_render.placement import composed
from edge_render.rig import Interpolation, Rig, Track, TrackPath

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class RigPose:
    """A rig at one time. ``world``: (n, 4, 4), node space to world space; ``weights``: (w,), the morph weights of all
    nodes one after the other, those of node i from ``Animator.weight_first[i]``."""

    world: Floats = field(repr=False)
    weights: Floats = field(repr=False)


class Animator:
    """Plays the clips ``Rig.playing``, each over and over. Where two move the same property, the later one does."""

    def __init__(self, rig: Rig) -> None:
        """Raises ValueError where the nodes are no trees."""
        tracks = _chosen_tracks(rig)
        held = [track for track, _ in tracks if _constant(track)]
        tracks = [entry for entry in tracks if not _constant(entry[0])]
        rig = self._rig = _held(rig, held)
        count = len(rig.parents)
        weight_counts = np.array([len(weights) for weights in rig.morph_weights] or [0] * count, np.int64)
        self.weight_first: Ints = np.concatenate([[0], np.cumsum(weight_counts)]).astype(np.int64)
        self._groups = [
            _TrackGroup(path, interpolation, found, self.weight_first)
            for path in TrackPath
            for interpolation in Interpolation
            if (
                found := [entry for entry in tracks if (entry[0].path, entry[0].interpolation) == (path, interpolation)]
            )
        ]
        own = np.zeros(count, np.bool_)
        self.weights_move: NDArray[np.bool_] = np.zeros(count, np.bool_)
        """(n,): whether a clip that plays moves its morph weights."""
        for track, _ in tracks:
            (self.weights_move if track.path is TrackPath.WEIGHTS else own)[track.node] = True
        self._animated = np.flatnonzero(own)
        self.moves: NDArray[np.bool_] = own.copy()
        """(n,): whether a clip that plays moves it or one of its ancestors."""
        self.posed: NDArray[np.bool_] = np.zeros(count, np.bool_)
        """(n,): whether a clip that plays holds it or one of its ancestors in a place of its own, without moving it."""
        self.posed[[track.node for track in held]] = True
        self._rounds: list[tuple[Ints, Ints]] = []
        ancestors = rig.parents.astype(np.int64)
        while (nodes := np.flatnonzero(ancestors >= 0)).size:
            if len(self._rounds) > count.bit_length():
                raise ValueError("the nodes of a rig must be trees; one is its own ancestor")
            above = ancestors[nodes]
            self._rounds.append((nodes, above))
            moves = self.moves.copy()
            moves[nodes] |= self.moves[above]
            self.moves = moves
            posed = self.posed.copy()
            posed[nodes] |= self.posed[above]
            self.posed = posed
            following = ancestors.copy()
            following[nodes] = ancestors[above]
            ancestors = following
        self._mirrors = self._mirroring(tracks)
        # Only what moves is placed anew each time, below ancestors that stand still.
        self._rounds_moving = [
            (nodes[keep], above[keep])
            for nodes, above in self._rounds
            if (keep := self.moves[nodes] & self.moves[above]).any()
        ]
        self._moving = np.flatnonzero(self.moves)
        local_world = self._joined(rig.matrices.astype(np.float64), self._rounds)
        rest_weights = np.array([weight for weights in rig.morph_weights for weight in weights], np.float64)
        self.rest = RigPose(local_world, rest_weights)
        """Where everything is when no clip moves it."""
        parents = rig.parents[self._moving]
        below_still = (parents >= 0) & ~self.moves[parents]
        self._below_still = self._moving[below_still]
        self._still_above = local_world[parents[below_still]]

    @property
    def anything_moves(self) -> bool:
        return bool(self._groups)

    @property
    def duration_s(self) -> float:
        """Of the longest clip that plays."""
        return max((self._rig.clips[index].duration_s for index in self._rig.playing), default=0.0)

    def pose_at(self, time_s: float) -> RigPose:
        """Where everything is so long after the scene began."""
        rig, weights = self._rig, self.rest.weights
        translations, rotations, scales = rig.translations, rig.rotations, rig.scales
        if self._animated.size:
            translations, rotations, scales = translations.copy(), rotations.copy(), scales.copy()
        for group in self._groups:
            values = group.at(time_s)
            if group.path is TrackPath.TRANSLATION:
                translations[group.targets] = values
            elif group.path is TrackPath.ROTATION:
                rotations[group.targets] = values
            elif group.path is TrackPath.SCALE:
                scales[group.targets] = values
            else:
                weights = weights.copy() if weights is self.rest.weights else weights
                weights[group.targets] = values[:, 0]
        if not self._animated.size:
            return RigPose(self.rest.world, weights)
        world = self.rest.world.copy()
        moved = self._animated
        world[self._moving] = rig.matrices[self._moving]
        world[moved] = composed(translations[moved], rotations[moved], scales[moved])
        world[self._below_still] = self._still_above @ world[self._below_still]
        return RigPose(self._joined(world, self._rounds_moving), weights)

    def weight_bounds(self) -> tuple[Floats, Floats]:
        """The least and the largest that each morph weight, (w,), ever is."""
        low, high = self.rest.weights.copy(), self.rest.weights.copy()
        for group in self._groups:
            if group.path is TrackPath.WEIGHTS:
                least, most = group.bounds()
                low[group.targets] = np.minimum(low[group.targets], least)
                high[group.targets] = np.maximum(high[group.targets], most)
        return low, high

    def moves_node(self, rig_node: int | None, skin: int | None) -> bool:
        """Whether a clip that plays moves a mesh of this node; with a skin, an index into ``Rig.skins``, whether it
        moves one of the joints: the node's own place means nothing then."""
        if skin is not None:
            return bool(self.moves[self._rig.skins[skin].joints].any())
        return rig_node is not None and bool(self.moves[rig_node])

    def reshapes_node(self, rig_node: int | None) -> bool:
        """Whether a clip that plays moves the morph weights of this node, whose mesh may be skinned as well."""
        return rig_node is not None and bool(self.weights_move[rig_node])

    def may_mirror(self, node: int | None) -> bool:
        """Whether a clip turns what is below this node inside out, or the right way out again, by its scale."""
        return node is not None and bool(self._mirrors[node])

    def _mirroring(self, tracks: Sequence[tuple[Track, float]]) -> NDArray[np.bool_]:
        mirrors = np.zeros(len(self.moves), np.bool_)
        for track, _ in tracks:
            if track.path is TrackPath.SCALE:
                values = track.values[:, 1] if track.interpolation is Interpolation.CUBIC_SPLINE else track.values
                signs = np.sign(np.prod(values, axis=1, dtype=np.float64))
                mirrors[track.node] = bool((signs != np.sign(np.prod(self._rig.scales[track.node]))).any())
        for nodes, above in self._rounds:
            before = mirrors.copy()
            mirrors[nodes] |= before[above]
        return mirrors

    @staticmethod
    def _joined(matrices: Floats, rounds: Sequence[tuple[Ints, Ints]]) -> Floats:
        """Each node's matrix times those of its ancestors; ``matrices`` is used up."""
        for nodes, above in rounds:
            matrices[nodes] = matrices[above] @ matrices[nodes]
        return matrices


def _chosen_tracks(rig: Rig) -> list[tuple[Track, float]]:
    """The tracks that play, each with the seconds after which it begins again."""
    chosen: dict[tuple[int, TrackPath], tuple[Track, float]] = {}
    for index in rig.playing:
        clip = rig.clips[index]
        for track in clip.tracks:
            if len(track.times_s):
                chosen[(track.node, track.path)] = (track, clip.duration_s)
    return list(chosen.values())


def _constant(track: Track) -> bool:
    """Whether it holds its node in one place: many files have such tracks, and nothing must be drawn for them."""
    values = track.values
    if track.interpolation is Interpolation.CUBIC_SPLINE:
        if values[:, [0, 2]].any() and len(values) > 1:
            return False
        values = values[:, 1]
    return bool((values == values[:1]).all())


def _held(rig: Rig, tracks: Sequence[Track]) -> Rig:
    """With what these tracks hold as its rest."""
    if not tracks:
        return rig
    translations, rotations, scales = rig.translations.copy(), rig.rotations.copy(), rig.scales.copy()
    matrices, weights = rig.matrices.copy(), list(rig.morph_weights)
    for track in tracks:
        value = track.values[0, 1] if track.interpolation is Interpolation.CUBIC_SPLINE else track.values[0]
        if track.path is TrackPath.WEIGHTS:
            if track.node < len(weights):
                weights[track.node] = tuple(float(part) for part in value[: len(weights[track.node])])
            continue
        held = {TrackPath.TRANSLATION: translations, TrackPath.ROTATION: rotations, TrackPath.SCALE: scales}[track.path]
        held[track.node] = value
        at = [track.node]
        matrices[at] = composed(translations[at], rotations[at], scales[at])
    return replace(
        rig,
        translations=translations,
        rotations=rotations,
        scales=scales,
        matrices=matrices,
        morph_weights=tuple(weights),
    )


class _TrackGroup:
    """All tracks of one path and interpolation. Weights are taken apart into tracks of one number each."""

    def __init__(
        self,
        path: TrackPath,
        interpolation: Interpolation,
        tracks: Sequence[tuple[Track, float]],
        weight_first: Ints,
    ) -> None:
        self.path, self._interpolation = path, interpolation
        targets: list[int] = []
        periods: list[float] = []
        times: list[Floats] = []
        values: list[Floats] = []
        for track, period in tracks:
            keys = track.values.astype(np.float64)
            if path is TrackPath.ROTATION and interpolation is not Interpolation.CUBIC_SPLINE:
                # What is between two keys would else be nearer to the longer one.
                keys = _unit(keys)
            if path is not TrackPath.WEIGHTS:
                parts, nodes = [keys], [track.node]
            else:
                room = int(weight_first[track.node + 1] - weight_first[track.node])
                parts = [keys[..., k : k + 1] for k in range(min(room, keys.shape[-1]))]
                nodes = [int(weight_first[track.node]) + k for k in range(len(parts))]
            targets += nodes
            periods += [period] * len(parts)
            times += [track.times_s.astype(np.float64)] * len(parts)
            values += parts
        self.targets: Ints = np.array(targets, np.int64)
        self._periods = np.array(periods)
        counts = np.array([len(part) for part in times], np.int64)
        self._first: Ints = np.cumsum(counts) - counts
        self._last: Ints = self._first + counts - 1
        # Keys of all tracks are ascending, if each track is put behind the end of the one before.
        span = 1.0
        if times:
            span += max(float(part[-1]) for part in times) - min(float(part[0]) for part in times)
        self._shift = np.arange(len(times)) * span
        self._times: Floats = np.concatenate(times) if times else np.zeros(0)
        self._keys: Floats = self._times + np.repeat(self._shift, counts)
        width = {TrackPath.ROTATION: 4, TrackPath.WEIGHTS: 1}.get(path, 3)
        cubic = interpolation is Interpolation.CUBIC_SPLINE
        shape = (-1, 3, width) if cubic else (-1, width)
        self._values: Floats = np.concatenate(values).reshape(shape) if values else np.zeros((0, *shape[1:]))

    def at(self, time_s: float) -> Floats:
        """The values (tracks, c) at a time of the scene."""
        looped = np.where(self._periods > 0.0, np.mod(time_s, np.where(self._periods > 0.0, self._periods, 1.0)), 0.0)
        key = np.searchsorted(self._keys, looped + self._shift, side="right") - 1
        key = np.clip(key, self._first, self._last)
        following = np.minimum(key + 1, self._last)
        step = self._times[following] - self._times[key]
        share = np.clip((looped - self._times[key]) / np.where(step > 0.0, step, 1.0), 0.0, 1.0)[:, None]
        if self._interpolation is Interpolation.STEP:
            held: Floats = self._values[key]
            return held
        if self._interpolation is Interpolation.LINEAR:
            before, after = self._values[key], self._values[following]
            return (
                _slerp(before, after, share) if self.path is TrackPath.ROTATION else before + share * (after - before)
            )
        # glTF 2.0, appendix C.4: Hermite; tangents are of a second's length.
        before, leaving = self._values[key, 1], self._values[key, 2] * step[:, None]
        arriving, after = self._values[following, 0] * step[:, None], self._values[following, 1]
        square = share * share
        cube = square * share
        result: Floats = (
            (2.0 * cube - 3.0 * square + 1.0) * before
            + (cube - 2.0 * square + share) * leaving
            + (3.0 * square - 2.0 * cube) * after
            + (cube - square) * arriving
        )
        return result

    def bounds(self) -> tuple[Floats, Floats]:
        """The least and the largest of each track's one number."""
        if self._interpolation is not Interpolation.CUBIC_SPLINE:
            points = self._values[:, :1]
        else:
            # A Hermite segment lies within the control points of the same curve as Bézier wrote it.
            step = np.diff(self._times, append=self._times[-1:])
            step[self._last] = 0.0
            before = np.roll(step, 1)
            before[self._first] = 0.0
            middle = self._values[:, 1, 0]
            points = np.stack(
                [middle, middle + self._values[:, 2, 0] * step / 3.0, middle - self._values[:, 0, 0] * before / 3.0], 1
            )
        low = np.minimum.reduceat(points.min(axis=1), self._first)
        high = np.maximum.reduceat(points.max(axis=1), self._first)
        return low, high


def _slerp(before: Floats, after: Floats, share: Floats) -> Floats:
    """Quaternions (n, 4) between two, the short way round (glTF 2.0, appendix C.3)."""
    cosine = np.sum(before * after, axis=1, keepdims=True)
    after = np.where(cosine < 0.0, -after, after)
    angle = np.arccos(np.clip(np.abs(cosine), 0.0, 1.0))
    sine = np.sin(angle)
    close = sine < 1e-6
    safe = np.where(close, 1.0, sine)
    first = np.where(close, 1.0 - share, np.sin((1.0 - share) * angle) / safe)
    second = np.where(close, share, np.sin(share * angle) / safe)
    result: Floats = first * before + second * after
    return result


def _unit(quaternions: Floats) -> Floats:
    length = np.linalg.norm(quaternions, axis=1, keepdims=True)
    none = length < 1e-12
    result: Floats = np.where(none, [0.0, 0.0, 0.0, 1.0], quaternions / np.where(none, 1.0, length))
    return result

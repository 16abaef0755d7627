"""Animations of a file as clips (glTF 2.0, section 3.11 and appendix C)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from edge_render.errors import ModelError
from edge_render.gltf.accessors import AccessorReader
from edge_render.gltf.check import CheckedGltf
from edge_render.gltf.format import AnimationPart, Channel
from edge_render.rig import Clip, Interpolation, Track, TrackPath

_WIDTHS: Final = {TrackPath.TRANSLATION: 3, TrackPath.ROTATION: 4, TrackPath.SCALE: 3}
_PATHS: Final = frozenset(TrackPath)


def read_clips(checked: CheckedGltf, accessors: AccessorReader, targets: Sequence[int]) -> tuple[Clip, ...]:
    """All animations, also those of which nothing is left; ``targets`` is how many morph targets each node has.

    Channels without a node, and paths of extensions, are left out (section 3.11). Raises ModelError.
    """
    clips = []
    for index, part in enumerate(checked.gltf.animations):
        tracks = []
        for number, channel in enumerate(part.channels):
            place = f"{checked.path.name}: animations[{index}].channels[{number}]"
            track = _track(part, channel, accessors, targets, place)
            if track is not None:
                tracks.append(track)
        clips.append(Clip(part.name or f"animation-{index}", tuple(tracks)))
    return tuple(clips)


def _track(
    part: AnimationPart, channel: Channel, accessors: AccessorReader, targets: Sequence[int], place: str
) -> Track | None:
    node = channel.target.node
    if node is None or channel.target.path not in _PATHS:
        return None
    path = TrackPath(channel.target.path)
    width = targets[node] if path is TrackPath.WEIGHTS else _WIDTHS[path]
    if width == 0:
        return None
    sampler = part.samplers[channel.sampler]
    interpolation = Interpolation(sampler.interpolation)
    times_s = accessors.floats(sampler.input)[:, 0]
    steps_s = np.diff(times_s)
    if (steps_s < 0.0).any():
        raise ModelError(f"{place}.sampler: its times do not ascend")
    shape: tuple[Any, ...] = (len(times_s), width)
    if interpolation is Interpolation.CUBIC_SPLINE:
        shape = (len(times_s), 3, width)
    values = accessors.floats(sampler.output)
    if values.size != np.prod(shape):
        raise ModelError(
            f"{place}.sampler: its output has {values.size} numbers, but {np.prod(shape)} are needed for"
            f" {len(times_s)} times"
        )
    values = np.ascontiguousarray(values.reshape(shape))
    if (steps_s == 0.0).any():
        # Some exporters write a key twice, or a jump as two keys of one time.
        last = np.append(steps_s > 0.0, True)
        times_s, values = times_s[last], values[last]
    return Track(node, path, interpolation, times_s, values)


def together(clips: Sequence[Clip]) -> tuple[int, ...]:
    """The clips that can run at the same time: each, in order, that moves nothing that one before it moves."""
    taken: set[tuple[int, TrackPath]] = set()
    chosen = []
    for index, clip in enumerate(clips):
        properties = {(track.node, track.path) for track in clip.tracks}
        if properties and not properties & taken:
            taken |= properties
            chosen.append(index)
    return tuple(chosen)

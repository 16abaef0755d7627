"""What is heard in the demo showroom: four slow chords, a few bells, and the air of a hall. Made by code, and circular
in every part, so that it loops without a seam."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 24_000
CHORD_S = 6.0
PEAK = 0.28
"""Quiet, full scale being 1: it must not drown the adviser."""

_CHORDS = (
    (48, 55, 59, 62, 64),  # C major, with seventh and ninth
    (45, 55, 60, 64, 71),  # A minor, with seventh and ninth
    (41, 57, 60, 64, 67),  # F major, the same
    (43, 50, 57, 60, 64),  # G, suspended
)
"""MIDI notes."""
_LOOP_S = CHORD_S * len(_CHORDS)
_BELLS = ((1.5, 76), (4.5, 79), (7.0, 83), (10.5, 76), (13.0, 84), (15.0, 79), (18.5, 74), (21.5, 81))
"""Seconds into the loop, and the MIDI note."""
_BELL_DECAY_S = 1.4
_BELL_ATTACK_S = 0.012

Signal = NDArray[np.float64]


def write_sound(path: Path) -> None:
    """Write 24 seconds of stereo; every run writes the same bytes."""
    times_s = np.arange(round(_LOOP_S * RATE_HZ)) / RATE_HZ
    sides = np.stack(
        [_pad(times_s, side) + _bells(times_s, side) + _air(len(times_s), side) for side in (0, 1)], axis=1
    )
    sides *= PEAK / np.abs(sides).max()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.rint(sides * 32767).astype("<i2").tobytes())


def _hz(note: int) -> float:
    return float(440.0 * 2.0 ** ((note - 69) / 12))


def _pad(times_s: Signal, side: int) -> Signal:
    """Chords that melt into each other: each swells and fades over its own time and half of its neighbours'."""
    total = np.zeros_like(times_s)
    for index, chord in enumerate(_CHORDS):
        from_middle_s = (times_s - (index + 0.5) * CHORD_S + _LOOP_S / 2) % _LOOP_S - _LOOP_S / 2
        swell = np.where(np.abs(from_middle_s) < CHORD_S, 0.5 + 0.5 * np.cos(np.pi * from_middle_s / CHORD_S), 0.0)
        for voice, note in enumerate(chord):
            # A whole number of periods in the loop; the two sides beat against each other, slowly.
            periods = round(_hz(note) * _LOOP_S) + (2 * side - 1) * (1 + voice % 3)
            phase = 2 * np.pi * periods * times_s / _LOOP_S + voice
            tone = np.sin(phase) + 0.28 * np.sin(2 * phase) + 0.09 * np.sin(3 * phase)
            total += swell * tone / (1.0 + 0.35 * voice)
    return total


def _bells(times_s: Signal, side: int) -> Signal:
    total = np.zeros_like(times_s)
    for index, (start_s, note) in enumerate(_BELLS):
        since_s = (times_s - start_s) % _LOOP_S
        envelope = (1.0 - np.exp(-since_s / _BELL_ATTACK_S)) * np.exp(-since_s / _BELL_DECAY_S)
        phase = 2 * np.pi * _hz(note) * since_s
        place = 0.3 + 0.4 * ((index + side) % 2)
        total += place * envelope * (np.sin(phase) + 0.3 * np.sin(2.76 * phase) * np.exp(-since_s / 0.3))
    return total


def _air(count: int, side: int) -> Signal:
    """Noise with most of its power below 500 Hz, shaped in the frequency domain and so circular."""
    spectrum = np.fft.rfft(np.random.default_rng(7 + side).standard_normal(count))
    frequencies_hz = np.fft.rfftfreq(count, 1.0 / RATE_HZ)
    spectrum /= 1.0 + (frequencies_hz / 250.0) ** 2
    spectrum[frequencies_hz < 40.0] = 0.0
    noise = np.fft.irfft(spectrum, count)
    return np.asarray(0.05 * noise / noise.std())

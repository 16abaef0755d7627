"""Which packets of a picture a repair packet stands for, and how many repair packets a picture gets. Pure.

A repair packet is the exclusive or of some packets of one picture: where one of these is lost, the others and it give
it back. Each packet is in two repair packets, and hardly two packets are in the same two: so two losses are given back
nearly always, most of three, and packets that follow each other have nothing in common, as losses come in bursts. With
18 packets and 3 % of loss, 5 repair packets (28 % more) leave one picture in a hundred for an answer to a NACK to
complete; to send each packet twice (100 % more) leaves 1.6 in a hundred.
"""

from __future__ import annotations

import math

PACKETS_MAX = 46
"""A longer picture is repaired in parts: so many packets have room in the shorter masks of FlexFEC."""
BASE, PER_ROOT = 1.0, 5.5
"""Of simulations with 4 to 30 packets and 1 to 10 % of loss: one picture in a hundred is left."""
LOSS_MIN, LOSS_MAX = 0.01, 0.15
PAIRS_FROM = 3
"""Of fewer repair packets no two pairs differ."""


def repair_count(packets: int, loss: float) -> int:
    """How many repair packets ``packets`` get on a link that loses this share of them: never more than there are."""
    expected = packets * min(LOSS_MAX, max(LOSS_MIN, loss))
    return min(packets, round(BASE + PER_ROOT * math.sqrt(expected)))


def cover(packets: int, repairs: int) -> list[list[int]]:
    """For each repair packet, which packets it stands for, by index."""
    groups: list[list[int]] = [[] for _ in range(repairs)]
    pairs = _pairs(repairs)
    for index in range(packets):
        if pairs:
            for group in pairs[index % len(pairs)]:
                groups[group].append(index)
        else:
            groups[index % repairs].append(index)
    return groups


def _pairs(repairs: int) -> list[tuple[int, int]]:
    """All pairs, so ordered that neighbours in the list share as little as can be."""
    if repairs < PAIRS_FROM:
        return []
    return [
        (first, (first + distance) % repairs)
        for distance in range(1, repairs // 2 + 1)
        for first in range(repairs // 2 if 2 * distance == repairs else repairs)
    ]

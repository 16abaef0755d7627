"""Addresses for one cluster: a block of the loopback network, 127.x.0.0/16, that no other cluster of this machine has.

Each server has an address of its own, so that all keep the ports of their manifests, and a port that was given up for a
moment can't be taken by somebody else's outgoing connection (those come from 127.0.0.1).
"""

from __future__ import annotations

import random
import socket
from typing import Final, Self

from bench.cluster.errors import ClusterBenchError

_CLAIM_PORT: Final = 6440
_BLOCKS: Final = range(16, 250)


class LoopbackBlock:
    """A context manager: the block is ours until the end, also where we end without a goodbye."""

    def __init__(self) -> None:
        self._claim: socket.socket | None = None
        self._block = 0
        self._given = 0

    @property
    def control_plane(self) -> str:
        """The API server's and etcd's."""
        return f"127.{self._block}.0.1"

    def next_address(self) -> str:
        """One for a pod. Never the same again, as those who know an old one may still ask there."""
        self._given += 1
        if self._given >= 250 * 250:
            raise ClusterBenchError("the block of loopback addresses is used up")
        return f"127.{self._block}.{1 + self._given // 250}.{1 + self._given % 250}"

    def __enter__(self) -> Self:
        for block in random.sample(_BLOCKS, len(_BLOCKS)):
            # Whoever is bound there has the block: the kernel gives it back when its process has ended.
            claim = socket.socket()
            try:
                claim.bind((f"127.{block}.0.1", _CLAIM_PORT))
            except OSError:
                claim.close()
                continue
            self._claim, self._block = claim, block
            return self
        raise ClusterBenchError("all blocks of loopback addresses are taken: too many clusters run on this machine")

    def __exit__(self, *_: object) -> None:
        if self._claim is not None:
            self._claim.close()

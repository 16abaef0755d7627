"""The senders that the bench compares, by name."""

from __future__ import annotations

from control.edge_parts import peer_maker
from control.settings import NodeSettings
from control.visit import MakePeer

SENDERS = ("ours",)


def sender_maker(name: str, settings: NodeSettings) -> MakePeer:
    """What makes the peers of that sender. Raises EncoderError where it can't work here."""
    assert name == "ours"
    return peer_maker(settings)

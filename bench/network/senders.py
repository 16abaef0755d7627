"""The senders that the bench compares, by name."""

from __future__ import annotations

from collections.abc import Callable

from control.node.edge_parts import peer_maker
from control.settings import NodeSettings
from control.visits.stay import MakePeer


def _ours(settings: NodeSettings) -> MakePeer:
    return peer_maker(settings)


def _ours_by_remb(settings: NodeSettings) -> MakePeer:
    return peer_maker(settings.model_copy(update={"congestion": "remb"}))


def _ours_with_copies(settings: NodeSettings) -> MakePeer:
    return peer_maker(settings.model_copy(update={"protection": "copies"}))


def _stock(settings: NodeSettings) -> MakePeer:
    from bench.network.stock_peer import StockPeer

    return lambda events, _codec: StockPeer(events, "video/H264")


def _stock_vp8(settings: NodeSettings) -> MakePeer:
    from bench.network.stock_peer import StockPeer

    return lambda events, _codec: StockPeer(events, "video/VP8")


def _libwebrtc(settings: NodeSettings) -> MakePeer:
    from bench.network.libwebrtc_peer import LibwebrtcPeer

    return lambda events, _codec: LibwebrtcPeer(events, settings.max_bps)


SENDERS: dict[str, Callable[[NodeSettings], MakePeer]] = {
    "ours": _ours,
    "ours-remb": _ours_by_remb,
    "ours-copies": _ours_with_copies,
    "stock": _stock,
    "stock-vp8": _stock_vp8,
    "libwebrtc": _libwebrtc,
}
"""By name, what makes the peers of a node. ``ours-remb`` has the receiver estimate the link; ``ours-copies`` sends no
repair packets. aiortc as it comes answers Chromium with VP8; ``stock`` is told to prefer H.264, as ours does."""
COMPARED = ("ours", "stock", "libwebrtc")
IN_BAND_CHANNELS = ("libwebrtc",)
"""Those to which the page opens its data channels in band."""

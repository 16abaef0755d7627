"""Makes the exchangeable parts of a node as its settings say: the renderer and the transport."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
import structlog

from control.node.reception import GuideParts
from control.settings import NodeSettings
from control.visits.stay import MakePeer
from edge_render.frame import Frame, FrameTimes, PixelFormat
from edge_render.gl.context import GlContext
from edge_render.gl.quality_choice import choose_rung
from edge_render.gl.renderer import GlRenderer
from edge_render.pose import Pose
from edge_render.render_quality import RenderQuality, Rung
from edge_render.renderer import Renderer, View
from edge_render.scene import Scene
from stream import (
    X264,
    AiortcPeer,
    Broadcast,
    EncoderKind,
    MediaNetwork,
    NetworkSettings,
    PeerEvents,
    StreamSettings,
    VideoCodec,
    choose_encoders,
)
from stream.codec.encoder_probe import make_encoder
from stream.peer import Peer

log = structlog.get_logger(__name__)

_TRIALS = 5


def renderer_maker(settings: NodeSettings) -> Callable[[], Renderer]:
    """What RenderLoop calls on its thread."""

    def make() -> Renderer:
        if settings.renderer == "pyrender":
            from edge_render.pyrender_renderer import PyrenderRenderer

            return PyrenderRenderer()
        quality = render_quality(settings)
        if settings.pixel_format != "auto":
            return GlRenderer(GlContext.open(), PixelFormat(settings.pixel_format), quality)
        return _quickest_renderer(settings, quality)

    return make


def render_quality(settings: NodeSettings) -> RenderQuality:
    """As the settings say, or else what leaves all visitors their pictures. Raises RendererError."""
    if settings.quality != "auto":
        return RenderQuality.of(Rung(settings.quality))
    budget_ms = 1000.0 / (settings.fps * settings.max_visits)
    return RenderQuality.of(choose_rung(GlContext.open, budget_ms, settings.max_width, settings.max_height))


def _quickest_renderer(settings: NodeSettings, quality: RenderQuality) -> Renderer:
    """Where pixels become I420: in a shader, or by libswscale before encoding. Both are tried once at start,
    from capture to access unit, as neither wins on every machine."""
    took_ms: dict[PixelFormat, float] = {}
    for pixel_format in PixelFormat:
        renderer = GlRenderer(GlContext.open(), pixel_format, quality)
        try:
            took_ms[pixel_format] = _capture_and_encode_ms(renderer, settings)
        finally:
            renderer.close()
    best = min(took_ms, key=lambda pixel_format: took_ms[pixel_format])
    log.info("pixel_format_chosen", chosen=best, **{f"{name}_ms": round(ms, 2) for name, ms in took_ms.items()})
    return GlRenderer(GlContext.open(), best, quality)


def _capture_and_encode_ms(renderer: GlRenderer, settings: NodeSettings) -> float:
    handle = renderer.load(Scene("empty", (), (), (), ()))
    pose = Pose((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
    view = View(pose, 1.0, settings.max_width, settings.max_height)
    stream = stream_settings(settings)
    encoder = make_encoder(X264, stream)
    times = []
    for _ in range(_TRIALS):
        picture = renderer.draw(handle, view)
        frame = Frame(
            picture.pixels, picture.format, view.width, view.height, pose, 0, False, FrameTimes(0, 0, 0.0, 0.0)
        )
        began = time.perf_counter()
        encoder.encode(frame, stream.start_bps, False)
        times.append(picture.capture_ms + (time.perf_counter() - began) * 1e3)
    renderer.unload(handle)
    return float(np.median(times))


def stream_settings(settings: NodeSettings) -> StreamSettings:
    """The stream's part of the node's options."""
    return StreamSettings(
        encoder=settings.encoder,
        max_fps=settings.fps,
        start_bps=settings.start_bps,
        max_bps=settings.max_bps,
        congestion=settings.congestion,
        protection=settings.protection,
    )


def network_settings(settings: NodeSettings) -> NetworkSettings:
    """The network's part of the node's options."""
    return NetworkSettings(
        settings.media_port, settings.media_host, settings.advertise_address, settings.advertise_port
    )


def peer_maker(settings: NodeSettings, network: MediaNetwork | None = None) -> MakePeer:
    """Probes the encoders once. Raises EncoderError where none works."""
    stream = stream_settings(settings)
    encoders = choose_encoders(stream, settings.codecs, settings.max_width, settings.max_height)

    def make(events: PeerEvents, codec: VideoCodec | None = None) -> Peer:
        return AiortcPeer(events, preferring(encoders, codec), stream, network=network)

    return make


def preferring(encoders: Sequence[EncoderKind], codec: VideoCodec | None) -> list[EncoderKind]:
    """The encoders with those of a codec first."""
    return sorted(encoders, key=lambda kind: kind.codec is not codec)


def guide_parts(settings: NodeSettings, network: MediaNetwork | None = None) -> GuideParts:
    """Probes the encoders once. Raises EncoderError where none works.

    A follower can only be sent what the broadcast codes: H.264, which every browser decodes."""
    stream = stream_settings(settings)
    encoders = choose_encoders(stream, [VideoCodec.H264], settings.max_width, settings.max_height)
    return GuideParts(
        lambda: Broadcast(lambda: make_encoder(encoders[0], stream), lambda: make_encoder(X264, stream), stream),
        lambda events, picture: AiortcPeer(events, encoders, stream, picture, network),
    )

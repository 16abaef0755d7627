"""An encoder that another takes the place of where it fails at run time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import structlog

from edge_render.frame import Frame
from stream.codec.encoder import AccessUnit, Encoder
from stream.codec.video_codec import VideoCodec
from stream.errors import EncoderError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An encoder that may be made when it is needed."""

    codec: VideoCodec
    make: Callable[[], Encoder]


@dataclass(frozen=True, slots=True)
class EncoderReplaced:
    """One encoder failed, and another goes on."""

    failed: str
    by: str
    codec: VideoCodec
    """Of pictures from now on."""
    reason: str


class FallbackEncoder:
    """Keeps the contract of stream/codec/encoder.py: the first candidate's encoder, until it fails; then the next
    one's, which begins with a key frame. EncoderError is raised where the last has failed."""

    def __init__(self, candidates: Sequence[Candidate], on_replaced: Callable[[EncoderReplaced], None]) -> None:
        """``candidates``: the best first. ``on_replaced`` is called on the thread that encodes."""
        self._candidates = list(candidates)
        self._on_replaced = on_replaced
        self._encoder = self._candidates[0].make()

    def restrict(self, codecs: Collection[VideoCodec]) -> None:
        """Use these codecs alone: what the visitor can decode. Before the first picture is encoded. Raises EncoderError
        where none is left."""
        first = self._candidates[0]
        self._candidates = [candidate for candidate in self._candidates if candidate.codec in codecs]
        if not self._candidates:
            raise EncoderError(f"no encoder here makes {' or '.join(codecs) or 'anything'}, which the visitor takes")
        if self._candidates[0] is not first:
            self._encoder = self._candidates[0].make()

    @property
    def name(self) -> str:
        """Of the encoder that is used now."""
        return self._encoder.name

    def encode(self, frame: Frame, target_bps: int, key_frame: bool) -> AccessUnit:
        """See Encoder.encode."""
        while True:
            try:
                return self._encoder.encode(frame, target_bps, key_frame)
            except EncoderError as error:
                if len(self._candidates) == 1:
                    raise
                self._replace(str(error))
                key_frame = True

    def _replace(self, reason: str) -> None:
        failed = self._encoder.name
        del self._candidates[0]
        self._encoder = self._candidates[0].make()
        replaced = EncoderReplaced(failed, self.name, self._candidates[0].codec, reason)
        log.warning("encoder_replaced", failed=failed, by=replaced.by, codec=replaced.codec, error=reason)
        self._on_replaced(replaced)

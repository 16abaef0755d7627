"""libvpx by ctypes: what PyAV's encoder for VP8 and VP9 does not give.

libavcodec (62.28, FFmpeg 8.1) opens libvpx once: a changed ``bit_rate`` does nothing, the quantiser of a picture can't
be set, and a picture that came out too large can't be taken back. A stream for a link that changes needs all three.
So the very library that PyAV has brought along (or, where PyAV was built against the system's, that one) is called
directly, as few functions as possible.

Structures are those of vpx/vpx_encoder.h and vpx/vpx_image.h as of the ABI that ``_ENCODER_ABI`` names; libvpx itself
refuses to open an encoder for a caller of another ABI, which then is an EncoderError like any other.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import weakref
from collections.abc import Iterable
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_int64, c_long, c_size_t, c_uint, c_ulong, c_void_p
from pathlib import Path
from typing import Any, Final, Literal

import av
from av.video.frame import VideoFrame

from stream.errors import EncoderError

Codec = Literal["vp8", "vp9"]

_ENCODER_ABI: Final = 39
"""VPX_ENCODER_ABI_VERSION of libvpx 1.16."""
_REALTIME: Final = 1
"""VPX_DL_REALTIME."""
_I420: Final = 0x102
_CONSTANT_BIT_RATE: Final = 1
_FRAME_PACKET: Final = 0
_KEY_FRAME_FLAG: Final = 1
# vpx/vp8cx.h: what a picture may refer to, and what it may replace.
FORCE_KEY_FRAME: Final = 1
NO_GOLDEN_REFERENCE: Final = 1 << 17
NO_ENTROPY_UPDATE: Final = 1 << 20
NO_ALTREF_REFERENCE: Final = 1 << 21
NO_GOLDEN_UPDATE: Final = 1 << 22
NO_ALTREF_UPDATE: Final = 1 << 23
ONE_REFERENCE: Final = (
    NO_GOLDEN_REFERENCE | NO_ALTREF_REFERENCE | NO_GOLDEN_UPDATE | NO_ALTREF_UPDATE | NO_ENTROPY_UPDATE
)
# vpx/vp8.h and vpx/vp8cx.h: control identifiers.
_SET_REFERENCE: Final = 1
_COPY_REFERENCE: Final = 2
CPU_USED: Final = 13
AUTO_ALTREF: Final = 14
STATIC_THRESHOLD: Final = 17
AQ_MODE: Final = 36
COLOR_SPACE: Final = 46
COLOR_RANGE: Final = 51
_LAST_FRAME: Final = 1
"""VP8_LAST_FRAME: the picture before."""


class _Configuration(Structure):
    """vpx_codec_enc_cfg_t as far as it is used; the rest is room for what follows, which libvpx fills with defaults."""

    _fields_ = (
        ("usage", c_uint),
        ("threads", c_uint),
        ("profile", c_uint),
        ("width", c_uint),
        ("height", c_uint),
        ("bit_depth", c_int),
        ("input_bit_depth", c_uint),
        ("timebase_num", c_int),
        ("timebase_den", c_int),
        ("error_resilient", c_uint),
        ("one_pass", c_int),
        ("lag_in_frames", c_uint),
        ("drop_frame_threshold", c_uint),
        ("resize_allowed", c_uint),
        ("scaled_width", c_uint),
        ("scaled_height", c_uint),
        ("resize_up_threshold", c_uint),
        ("resize_down_threshold", c_uint),
        ("end_usage", c_int),
        ("two_pass_buffer", c_void_p * 2),
        ("first_pass_buffer", c_void_p * 2),
        ("target_kbps", c_uint),
        ("min_quantizer", c_uint),
        ("max_quantizer", c_uint),
        ("undershoot_percent", c_uint),
        ("overshoot_percent", c_uint),
        ("buffer_ms", c_uint),
        ("buffer_initial_ms", c_uint),
        ("buffer_optimal_ms", c_uint),
        ("two_pass_section", c_uint * 4),
        ("key_frame_mode", c_int),
        ("key_frame_min_distance", c_uint),
        ("key_frame_max_distance", c_uint),
        ("rest", c_uint * 1024),
    )


class _Image(Structure):
    """vpx_image_t."""

    _fields_ = (
        ("format", c_int),
        ("color_space", c_int),
        ("range", c_int),
        ("width", c_uint),
        ("height", c_uint),
        ("bit_depth", c_uint),
        ("display_width", c_uint),
        ("display_height", c_uint),
        ("render_size", c_uint * 2),
        ("chroma_shift", c_uint * 2),
        ("planes", c_void_p * 4),
        ("strides", c_int * 4),
        ("bits_per_sample", c_int),
        ("user_data", c_void_p),
        ("data", c_void_p),
        ("data_owner", c_int),
        ("self_allocated", c_int),
        ("buffer", c_void_p),
    )


class _Reference(Structure):
    """vpx_ref_frame_t."""

    _fields_ = (("kind", c_int), ("image", _Image))


class _Packet(Structure):
    """vpx_codec_cx_pkt_t of a coded picture."""

    _fields_ = (
        ("kind", c_int),
        ("data", c_void_p),
        ("size", c_size_t),
        ("pts", c_int64),
        ("duration", c_ulong),
        ("flags", c_uint),
    )


_CONTEXT_BYTES: Final = 512
"""More than vpx_codec_ctx_t has, whose fields are of no interest."""


@functools.cache
def _library() -> Any:
    """The library, loaded once. Raises EncoderError where there is none."""
    reasons = []
    for candidate in _candidates():
        try:
            library = ctypes.CDLL(candidate)
            break
        except OSError as error:
            reasons.append(str(error))
    else:
        raise EncoderError(f"libvpx was found neither in PyAV nor on the system {'; '.join(reasons)}".rstrip())
    for name in ("vpx_codec_vp8_cx", "vpx_codec_vp9_cx"):
        getattr(library, name).restype = c_void_p
    library.vpx_codec_enc_config_default.argtypes = (c_void_p, POINTER(_Configuration), c_uint)
    library.vpx_codec_enc_init_ver.argtypes = (c_void_p, c_void_p, POINTER(_Configuration), c_long, c_int)
    library.vpx_codec_enc_config_set.argtypes = (c_void_p, POINTER(_Configuration))
    library.vpx_codec_encode.argtypes = (c_void_p, POINTER(_Image), c_int64, c_ulong, c_long, c_ulong)
    # It takes any number of arguments: where those are passed in another way (Apple's ARM64), ctypes must know of it.
    library.vpx_codec_control_.argtypes = (c_void_p, c_int)
    library.vpx_codec_get_cx_data.argtypes = (c_void_p, POINTER(c_void_p))
    library.vpx_codec_get_cx_data.restype = POINTER(_Packet)
    library.vpx_codec_err_to_string.restype = c_char_p
    library.vpx_codec_error_detail.argtypes = (c_void_p,)
    library.vpx_codec_error_detail.restype = c_char_p
    library.vpx_img_alloc.argtypes = (POINTER(_Image), c_int, c_uint, c_uint, c_uint)
    library.vpx_img_alloc.restype = POINTER(_Image)
    library.vpx_img_free.argtypes = (POINTER(_Image),)
    library.vpx_codec_destroy.argtypes = (c_void_p,)
    return library


def _candidates() -> Iterable[str]:
    """Where PyAV's wheels put their libraries (auditwheel, delocate), then the system's."""
    package = Path(av.__file__).parent
    for folder in (package.parent / "av.libs", package / ".dylibs"):
        yield from map(str, sorted(folder.glob("*vpx*")))
    if found := ctypes.util.find_library("vpx"):
        yield found


class VpxContext:
    """An encoder of pictures of one size, each with the quantiser that it is given. Used by one thread at a time.

    Every picture refers to the one before it alone, and carries its own probabilities. So a picture that was coded last
    can be taken back (``take_back``) by putting the picture before it in its place.
    """

    def __init__(self, codec: Codec, width: int, height: int, fps: float, controls: dict[int, int]) -> None:
        """``controls``: by the identifiers of vpx/vp8cx.h. Raises EncoderError."""
        library = self._library = _library()
        interface = c_void_p(library.vpx_codec_vp8_cx() if codec == "vp8" else library.vpx_codec_vp9_cx())
        configuration = self._configuration = _Configuration()
        self._context = ctypes.create_string_buffer(_CONTEXT_BYTES)
        self._check(library.vpx_codec_enc_config_default(interface, byref(configuration), 0), "defaults")
        configuration.threads = 1
        configuration.width, configuration.height = width, height
        configuration.timebase_num, configuration.timebase_den = 1000, round(1000 * fps)
        configuration.error_resilient = 1
        configuration.lag_in_frames = 0
        configuration.drop_frame_threshold = 0
        configuration.end_usage = _CONSTANT_BIT_RATE
        configuration.key_frame_mode = 0
        status = library.vpx_codec_enc_init_ver(self._context, interface, byref(configuration), 0, _ENCODER_ABI)
        self._check(status, "opening")
        weakref.finalize(self, library.vpx_codec_destroy, self._context)
        for identifier, value in controls.items():
            self._check(library.vpx_codec_control_(self._context, identifier, c_int(value)), f"control {identifier}")
        # Of whole macroblocks (VP8) or blocks of 8 (VP9), as the encoder keeps its pictures; rows without padding, as
        # libvpx would take that for a border that it has to fill, also above the first row.
        block = 16 if codec == "vp8" else 8
        image = library.vpx_img_alloc(None, _I420, -(-width // block) * block, -(-height // block) * block, block)
        if not image:
            raise EncoderError(f"libvpx has no memory for a picture of {width}x{height}")
        weakref.finalize(self, library.vpx_img_free, image)
        self._before = _Reference(_LAST_FRAME, image.contents)
        self._count = 0

    def encode(self, picture: VideoFrame, level: int, key_frame: bool) -> tuple[bytes, bool]:
        """Code a picture (yuv420p) with the quantiser ``level``, 0 to 63; returns its data, and whether it is a key
        frame. Raises EncoderError."""
        library = self._library
        if not key_frame and self._count:
            self._check(library.vpx_codec_control_(self._context, _COPY_REFERENCE, byref(self._before)), "keeping")
        if self._configuration.max_quantizer != level or not self._count:
            self._configuration.min_quantizer = self._configuration.max_quantizer = level
            self._check(library.vpx_codec_enc_config_set(self._context, byref(self._configuration)), "the quantiser")
        image = _Image(format=_I420, bit_depth=8, bits_per_sample=12)
        image.width = image.display_width = picture.width
        image.height = image.display_height = picture.height
        image.chroma_shift[:] = (1, 1)
        for index, plane in enumerate(picture.planes):
            image.planes[index] = plane.buffer_ptr
            image.strides[index] = plane.line_size
        flags = FORCE_KEY_FRAME if key_frame else ONE_REFERENCE
        status = library.vpx_codec_encode(self._context, byref(image), self._count, 1, flags, _REALTIME)
        self._check(status, "a picture")
        self._count += 1
        return self._packets()

    def take_back(self) -> None:
        """Forget the picture that was coded last; for one that is no key frame. Raises EncoderError."""
        self._check(
            self._library.vpx_codec_control_(self._context, _SET_REFERENCE, byref(self._before)), "the picture before"
        )

    def _packets(self) -> tuple[bytes, bool]:
        position, data, key_frame = c_void_p(), b"", False
        while packet := self._library.vpx_codec_get_cx_data(self._context, byref(position)):
            content = packet.contents
            if content.kind == _FRAME_PACKET:
                data += ctypes.string_at(content.data, content.size)
                key_frame = key_frame or bool(content.flags & _KEY_FRAME_FLAG)
        return data, key_frame

    def _check(self, status: int, what: str) -> None:
        if status == 0:
            return
        text = self._library.vpx_codec_err_to_string(status).decode(errors="replace")
        detail = self._library.vpx_codec_error_detail(self._context)
        raise EncoderError(f"libvpx, {what}: {text}{'' if detail is None else ': ' + detail.decode(errors='replace')}")

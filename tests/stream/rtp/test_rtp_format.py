from __future__ import annotations

from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from stream.codec.video_codec import VideoCodec
from stream.rtp.rtp_format import rtp_formats


def negotiated(mime_type: str, payload_type: int, **parameters: int | str) -> RTCRtpCodecParameters:
    return RTCRtpCodecParameters(mimeType=mime_type, clockRate=90_000, payloadType=payload_type, parameters=parameters)


def test_each_codec_has_its_payload_type_and_that_of_its_retransmissions() -> None:
    first = negotiated("video/H264", 102, **{"profile-level-id": "42e01f"})
    second = negotiated("video/H264", 104, **{"profile-level-id": "42001f"})
    formats = rtp_formats([first, negotiated("video/rtx", 103, apt=102), second, negotiated("video/rtx", 105, apt=104)])
    assert list(formats) == [VideoCodec.H264]
    assert (formats[VideoCodec.H264].payload_type, formats[VideoCodec.H264].rtx_payload_type) == (102, 103)


def test_a_visitor_may_do_without_rtx() -> None:
    (h264,) = rtp_formats([negotiated("video/H264", 97)]).values()
    assert h264.rtx_payload_type is None


def test_codecs_are_named_as_in_sdp() -> None:
    assert [codec.mime_type for codec in VideoCodec] == ["video/H264", "video/VP8", "video/VP9", "video/AV1"]

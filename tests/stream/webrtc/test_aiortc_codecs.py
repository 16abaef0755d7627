"""What both ends have is agreed on, by real peers; and what we add to aiortc is still missing there."""

from __future__ import annotations

import subprocess
import sys

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription

from stream import X264, AiortcPeer, EncoderKind, SignallingError, StreamSettings, VideoCodec
from stream.webrtc.aiortc_codecs import offer_codecs
from stream.webrtc.offer_filter import filter_sdp
from tests.stream.webrtc.test_aiortc_peer import Owner

VP8, VP9 = EncoderKind(VideoCodec.VP8, "libvpx"), EncoderKind(VideoCodec.VP9, "libvpx")
ALL = (X264, VP8, VP9)


def codecs_of(sdp: str) -> list[str]:
    """Of the video section, in its order, without retransmissions; by name."""
    section = sdp[sdp.index("m=video") :].split("\nm=")[0]
    names = {}
    for line in section.splitlines():
        if line.startswith("a=rtpmap:"):
            payload_type, name = line.removeprefix("a=rtpmap:").split(" ")
            names[payload_type] = name.split("/")[0]
    order = section.splitlines()[0].split(" ")[3:]
    return list(dict.fromkeys(names[one] for one in order if names[one] != "rtx"))


async def answer_to(
    encoders: tuple[EncoderKind, ...], visitor_takes: set[str], rename: tuple[str, str] = ("", "")
) -> str:
    offer_codecs()
    visitor, peer = RTCPeerConnection(RTCConfiguration(iceServers=[])), None
    try:
        transceiver = visitor.addTransceiver("video", direction="recvonly")
        capabilities = RTCRtpSender.getCapabilities("video").codecs
        transceiver.setCodecPreferences([one for one in capabilities if one.name in visitor_takes])
        await visitor.setLocalDescription(await visitor.createOffer())
        peer = AiortcPeer(Owner().events(), encoders, StreamSettings())
        return await peer.answer(visitor.localDescription.sdp.replace(*rename))
    finally:
        await visitor.close()
        if peer is not None:
            await peer.close("test ends")


async def test_the_answer_has_all_that_both_have_in_our_order() -> None:
    answer = await answer_to(ALL, {"VP9", "VP8", "H264", "AV1", "rtx"})
    assert codecs_of(answer) == ["H264", "VP8", "VP9"]
    assert answer.count("rtx/90000") == 4, "one for each format, H.264 in two profiles"


async def test_a_player_that_has_vp8_alone_gets_vp8() -> None:
    answer = await answer_to(ALL, {"VP8"})
    assert codecs_of(answer) == ["VP8"]
    assert "rtx" not in answer


async def test_a_payload_type_below_96_is_the_visitor_s_too() -> None:
    answer = await answer_to((VP9,), {"VP9"}, rename=("103", "45"))
    assert "a=rtpmap:45 VP9/90000" in answer, "as Chromium has AV1"


async def test_nothing_in_common_is_said() -> None:
    with pytest.raises(SignallingError, match="can't be used"):
        await answer_to((X264,), {"VP8"})


async def test_our_own_offer_has_all_that_we_can_send() -> None:
    peer, visitor = (
        AiortcPeer(Owner().events(), (VP9, X264), StreamSettings()),
        RTCPeerConnection(RTCConfiguration(iceServers=[])),
    )
    offer = await peer.offer()
    assert codecs_of(offer) == ["VP9", "H264"]
    await visitor.setRemoteDescription(RTCSessionDescription(offer, "offer"))
    await visitor.setLocalDescription(await visitor.createAnswer())
    await peer.accept(visitor.localDescription.sdp)
    await visitor.close()
    await peer.close("test ends")


def test_formats_of_profiles_that_we_do_not_send_are_left_out() -> None:
    lines = [
        "v=0",
        "m=video 9 UDP/TLS/RTP/SAVPF 98 99 100 101 45 46",
        "a=rtpmap:98 VP9/90000",
        "a=fmtp:98 profile-id=2",
        "a=rtcp-fb:98 nack pli",
        "a=rtpmap:99 rtx/90000",
        "a=fmtp:99 apt=98",
        "a=rtpmap:100 VP9/90000",
        "a=fmtp:100 profile-id=0",
        "a=rtpmap:101 rtx/90000",
        "a=fmtp:101 apt=100",
        "a=rtpmap:45 AV1/90000",
        "a=fmtp:45 level-idx=5;profile=1;tier=0",
        "a=rtpmap:46 AV1/90000",
    ]
    kept = filter_sdp("\r\n".join(lines)).splitlines()
    assert kept[1] == "m=video 9 UDP/TLS/RTP/SAVPF 100 101 46"
    assert kept[2:] == lines[7:11] + lines[13:]


def test_aiortc_still_takes_no_payload_type_below_96() -> None:
    program = "from aiortc import rtp; print(rtp.DYNAMIC_PAYLOAD_TYPES)"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "range(96, 128)"


def test_aiortc_still_lacks_what_is_added() -> None:
    """When this fails, aiortc has changed: what of stream/webrtc/aiortc_codecs.py is still needed?"""
    program = "from aiortc.codecs import CODECS; print(*(c.mimeType + str(c.payloadType) for c in CODECS['video']))"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert shown == ["video/VP897", "video/rtx98", "video/H26499", "video/rtx100", "video/H264101", "video/rtx102"]

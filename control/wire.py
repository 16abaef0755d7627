"""The messages of the control channel, both ways. docs/protocol.md tells them in prose.

Two channels carry JSON text. ``pose`` (data channel id 0, unordered, no retransmission): ``input`` from
the visitor, ``frame`` to the visitor; newest wins. ``command`` (data channel id 1, ordered, reliable):
all others. Both are negotiated (RFC 8832 not used), so it does not matter who offers. Over the WebSocket
the same messages travel, told apart by their type alone.

Angles are radians, positions metres in world space, picture points 0..1 from the top left.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

PROTOCOL_VERSION: Final = 1
MESSAGE_MAX_BYTES: Final = 4096

Seq = Annotated[int, Field(ge=0, le=2**53)]
RequestId = Annotated[int, Field(ge=0, le=2**31)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Axis = Annotated[float, Field(ge=-1.0, le=1.0)]
Coordinate = Annotated[float, Field(ge=-10_000.0, le=10_000.0)]
Position = tuple[Coordinate, Coordinate, Coordinate]
Count = Annotated[int, Field(ge=0, le=2**53)]
Seconds = Annotated[float, Field(ge=0.0, le=1e9)]
Name = Annotated[str, Field(min_length=1, max_length=64)]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


# --- visitor to server ---------------------------------------------------------------------------


class Input(_Message):
    """The visitor's whole input state; a lost one is healed by the next. Yaw and pitch belong to the
    visitor, the position to the server. ``right`` and ``forward`` are the walking stick. ``zoom``: how much larger
    things are seen; the scene's ``zoom_max`` is the limit."""

    type: Literal["input"]
    seq: Seq
    yaw: Annotated[float, Field(ge=-1e6, le=1e6)]
    pitch: Annotated[float, Field(ge=-math.pi / 2, le=math.pi / 2)]
    right: Axis = 0.0
    forward: Axis = 0.0
    zoom: Annotated[float, Field(ge=1.0, le=16.0)] = 1.0


class Tap(_Message):
    """A tap on the picture. ``rtp`` is the RTP timestamp of the frame that the visitor saw, so that the
    tap means what was under the finger, not what is drawn by now."""

    type: Literal["tap"]
    id: RequestId
    x: Fraction
    y: Fraction
    rtp: Annotated[int, Field(ge=0, lt=2**32)] | None = None


class Locate(_Message):
    """What is at a point of the picture, of which nothing comes: for editors, on nodes that run for editing."""

    type: Literal["locate"]
    id: RequestId
    x: Fraction
    y: Fraction
    rtp: Annotated[int, Field(ge=0, lt=2**32)] | None = None


class Activate(_Message):
    """Act on a hotspot by name: the way for keyboards and screen readers."""

    type: Literal["activate"]
    id: RequestId
    hotspot: Name


class CloseCard(_Message):
    """The visitor has closed the card that was open: what is told on it ends."""

    type: Literal["close_card"]


class Viewport(_Message):
    """The size that the visitor's page can show, device pixels."""

    type: Literal["viewport"]
    width: Annotated[int, Field(ge=16, le=8192)]
    height: Annotated[int, Field(ge=16, le=8192)]


class Audio(_Message):
    """Whether the visitor listens; until this says so, no sound is sent."""

    type: Literal["audio"]
    on: bool


class _Inbound(_Message):
    """What RTCInboundRtpStreamStats of video and of audio share (W3C webrtc-stats, in snake_case): since the connection
    began, seconds. Browsers lack some; None: not known."""

    packets_received: Count | None = None
    packets_lost: Annotated[int, Field(ge=-(2**31), le=2**31)] | None = None
    """Below 0 where more were received twice than were lost (RFC 3550, section 6.4.1)."""
    bytes_received: Count | None = None
    jitter: Seconds | None = None
    jitter_buffer_delay: Seconds | None = None
    """Summed over all frames or samples."""
    jitter_buffer_emitted_count: Count | None = None


class InboundVideo(_Inbound):
    """RTCInboundRtpStreamStats of the picture."""

    nack_count: Count | None = None
    pli_count: Count | None = None
    frames_received: Count | None = None
    frames_decoded: Count | None = None
    key_frames_decoded: Count | None = None
    frames_dropped: Count | None = None
    frames_per_second: Annotated[float, Field(ge=0.0, le=1000.0)] | None = None
    freeze_count: Count | None = None
    total_freezes_duration: Seconds | None = None
    pause_count: Count | None = None
    total_pauses_duration: Seconds | None = None
    total_decode_time: Seconds | None = None


class InboundAudio(_Inbound):
    """RTCInboundRtpStreamStats of the sound."""

    total_samples_received: Count | None = None
    concealed_samples: Count | None = None
    silent_concealed_samples: Count | None = None
    concealment_events: Count | None = None


class PageStats(_Message):
    """What the page measures itself."""

    frames_shown: Count | None = None
    """Since the page was opened."""
    motion_freeze_count: Count | None = None
    """Freezes as webrtc-stats defines them, but for rests: a visitor who stands still is sent nothing. Since the
    connection began; None before anything moved, and for followers, who are not told what each picture shows."""
    motion_freezes_duration: Seconds | None = None
    input_to_photon_median: Seconds | None = None
    """From an input to the display of the first picture that shows it; of the newest 600."""
    input_to_photon_p95: Seconds | None = None


class Stats(_Message):
    """What the receiver knows, every few seconds, so that operators see what the visitor sees."""

    type: Literal["stats"]
    video: InboundVideo | None = None
    audio: InboundAudio | None = None
    page: PageStats | None = None


class WatchStats(_Message):
    """Whether ``server_stats`` should come, once a second."""

    type: Literal["watch_stats"]
    on: bool


class Ping(_Message):
    """Heartbeat; answered by pong."""

    type: Literal["ping"]
    id: RequestId


class Goodbye(_Message):
    """The visitor leaves; everything is freed at once."""

    type: Literal["goodbye"]


ClientMessage = Annotated[
    Input | Tap | Locate | Activate | CloseCard | Viewport | Audio | Stats | WatchStats | Ping | Goodbye,
    Field(discriminator="type"),
]

# --- server to visitor ---------------------------------------------------------------------------


class HotspotInfo(_Message):
    """A hotspot as the page needs it. Texts are {en, zh}; ``card`` is set where the action is a card. It is at
    ``position``, or, where one can only look around, in ``direction`` from the eye (a unit vector)."""

    id: str
    position: tuple[float, float, float] | None = None
    direction: tuple[float, float, float] | None = None
    label: dict[str, str]
    card: dict[str, Any] | None = None


class SoundInfo(_Message):
    """That there is something to hear in the scene, and what its own sound is called ({en, zh})."""

    title: dict[str, str] | None = None


class SourceTold(_Message):
    """How the video of the scene is doing, when the visitor comes in and whenever that changes. In all states but
    ``playing`` the picture stands still; ``picture_age_s`` is how old it is, null where there has been none."""

    type: Literal["source"] = "source"
    state: Literal["connecting", "playing", "lost", "ended"]
    picture_age_s: Seconds | None
    retry_s: Seconds | None
    """In how many seconds a lost source is tried again."""


class Editor(_Message):
    """That the node runs for editing, and the origin of the page that may embed this one (null: its own alone)."""

    origin: str | None


class Leader(_Message):
    """Who leads the guided visit that is followed."""

    name: str | None = None


class Welcome(_Message):
    """First message on the command channel, and again when the visitor arrives in another scene or at another place in
    theirs. ``follows`` is set for followers."""

    type: Literal["welcome"] = "welcome"
    protocol: int = PROTOCOL_VERSION
    visit: str
    showroom: str | None = None
    """Its name at this site, where it has one."""
    title: dict[str, str]
    scene: str
    arrivals: int = 0
    """How often the visitor has arrived in this visit since it began. More than before: they look where ``yaw`` and
    ``pitch`` say. The same: the message is told again, and where they look stays theirs."""
    position: tuple[float, float, float]
    yaw: float
    pitch: float
    hotspots: list[HotspotInfo]
    walk: bool = True
    """Whether one can walk in the scene, or only look around."""
    zoom_max: float = 1.0
    audio: SoundInfo | None = None
    follows: Leader | None = None
    editor: Editor | None = None


class Guiding(_Message):
    """To who leads a guided visit: the code to follow it by, and how many do now. With ``key`` the presenter can go on
    leading after a lost connection."""

    type: Literal["guiding"] = "guiding"
    code: str
    key: str
    followers: int


class FrameShown(_Message):
    """Goes on the pose channel as each frame is sent: what that frame shows, and its stage times.

    ``resting``: it was drawn while the view rested. ``still``: it is the last of these, see Frame.final.
    ``stages`` in milliseconds: ``wait`` (input arrival to draw), ``draw``, ``capture``, ``queue``
    (captured to encoder), ``encode``, ``send``."""

    type: Literal["frame"] = "frame"
    rtp: int
    seq: int
    position: tuple[float, float, float]
    yaw: float
    pitch: float
    fov_y: float
    resting: bool
    still: bool
    bytes: int
    key: bool
    stages: dict[str, float]


class ServerStats(_Message):
    """What the node knows of the stream, by the names of stream/peer_stats.py: those of W3C webrtc-stats in snake_case,
    and under ``sender`` what the standard has no name for. ``audio`` is null where no sound was asked for, ``remote_…``
    before the first report of the receiver."""

    type: Literal["server_stats"] = "server_stats"
    video: dict[str, Any]
    audio: dict[str, Any] | None
    remote_video: dict[str, Any] | None
    remote_audio: dict[str, Any] | None
    candidate_pair: dict[str, Any] | None
    sender: dict[str, Any]


class Tapped(_Message):
    """Answer to tap and activate. ``hit`` floor: the visitor was taken there. hotspot: ``hotspot`` names it."""

    type: Literal["tapped"] = "tapped"
    id: int
    hit: Literal["hotspot", "floor", "node", "nothing"]
    hotspot: str | None = None
    node: str | None = None
    point: tuple[float, float, float] | None = None


class Located(_Message):
    """Answer to locate. ``direction`` (unit vector) with its ``yaw`` and ``pitch`` is the way from the eye. ``point``,
    ``normal`` and ``node`` are of the surface that is seen there: null where there is none, or where one can only look
    around. ``floor``: one can stand there. ``hotspot``: a tap there would be on that one."""

    type: Literal["located"] = "located"
    id: int
    scene: str
    direction: tuple[float, float, float]
    yaw: float
    pitch: float
    point: tuple[float, float, float] | None
    normal: tuple[float, float, float] | None
    node: str | None
    floor: bool
    hotspot: str | None


class SceneLoading(_Message):
    """The visitor has chosen a scene that is not loaded: how much of it is by now, from 0 to 1; ``welcome`` says that
    they are there. ``failed``: it can't be, and why; they stay where they are. ``stands_still``: it does not fit beside
    the scene that they are in, which was let go; its last picture stays, and nothing that they do changes it."""

    type: Literal["loading"] = "loading"
    scene: str
    done: float = 0.0
    stands_still: bool = False
    failed: str | None = None


class Pong(_Message):
    type: Literal["pong"] = "pong"
    id: int


class Error(_Message):
    """A message was refused; the visit goes on. ``field`` names what was wrong."""

    type: Literal["error"] = "error"
    field: str
    message: str
    id: int | None = None


class EncoderChanged(_Message):
    """An encoder failed at run time; the pictures go on by another, perhaps in another codec."""

    type: Literal["encoder"] = "encoder"
    codec: str
    encoder: str
    failed: str


class Move(_Message):
    """The renderer is to go: enter again (see docs/protocol.md), and leave this visit when the new one shows its first
    picture. The visit goes on here for ``within_ms``."""

    type: Literal["move"] = "move"
    within_ms: int


class Closing(_Message):
    """The server ends the visit; ``reason`` is a short code, such as 'shutdown'."""

    type: Literal["closing"] = "closing"
    reason: str


ServerMessage = (
    Welcome
    | SourceTold
    | Guiding
    | FrameShown
    | ServerStats
    | Tapped
    | Located
    | SceneLoading
    | Pong
    | Error
    | EncoderChanged
    | Move
    | Closing
)

_client: TypeAdapter[ClientMessage] = TypeAdapter(ClientMessage)


class MessageRefused(ValueError):
    """A message that is not in the protocol: ``field`` names the part, the text tells why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


def parse(text: str | bytes) -> ClientMessage:
    """Read one message from a visitor. Raises MessageRefused, never anything else."""
    if len(text) > MESSAGE_MAX_BYTES:
        raise MessageRefused("message", f"longer than {MESSAGE_MAX_BYTES} bytes")
    try:
        return _client.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "message"
        raise MessageRefused(field, first["msg"]) from error
    except (ValueError, RecursionError) as error:
        raise MessageRefused("message", "is not UTF-8 JSON") from error

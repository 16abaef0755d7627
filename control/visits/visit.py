"""One visit: joins a visitor's input, camera, drawing and sending. All on the event loop but the drawing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from control.errors import NodeNotReady
from control.figures.metrics import NodeMetrics
from control.figures.visit_quality import VisitQuality
from control.input import Navigator, Place
from control.settings import NodeSettings
from control.showroom.hosted_scene import HostedScene
from control.showroom.scene_request import SceneLease
from control.showroom.scene_sound import SceneSound
from control.showroom.showroom_host import ShowroomHost
from control.visits.entry import Entry, arrival, entry_place
from control.visits.picture_size import fit, scaled, vertical_fov, zoomed
from control.visits.pointing import is_floor, located
from control.visits.shown_frames import ShownFrames
from control.visits.stay import MakePeer, Stay
from control.visits.travel import Destination, Travel
from control.visits.visit_totals import VisitRecord
from control.visits.welcome import welcome
from control.visits.whereabouts import Whereabouts
from control.wire import (
    Activate,
    ClientMessage,
    CloseCard,
    Editor,
    Error,
    Input,
    Locate,
    SceneLoading,
    Tap,
    Tapped,
    Viewport,
)
from edge_render.errors import RendererError
from edge_render.frame import Frame
from edge_render.manifest import FadeOver, GoToScene
from edge_render.render_loop import RenderLoop
from edge_render.renderer import View
from stream.audio.audio_source import AudioSource, Interlude
from stream.peer import FrameSent
from stream.picture.quality import PicturePlan

STEPS_PER_S = 60.0
COMMANDS_WAITING_MAX = 16
BeginRecord = Callable[[Entry], VisitRecord | None]


@dataclass(frozen=True, slots=True)
class VisitMeans:
    """What every visit of an edition shares."""

    host: ShowroomHost
    render_loop: RenderLoop
    make_peer: MakePeer
    settings: NodeSettings
    metrics: NodeMetrics
    begin_record: BeginRecord
    """Count one more visit; None where visits are not counted."""


class Visit(Stay):
    """A visitor's stay. Made and used on the event loop."""

    def __init__(self, visit_id: str, means: VisitMeans, entry: Entry) -> None:
        settings = means.settings
        super().__init__(visit_id, settings, means.metrics, lambda events: means.make_peer(events, entry.codec))
        self._means = means
        self._entry = entry
        self._record: VisitRecord | None = None
        self._travel = Travel(means.host, self._tell_loading, self._make_way, self._arrive, self._tell_failure)
        # Who comes to a scene that is not loaded begins in the entry scene, and goes on from there by themselves.
        wanted = entry.scene if means.host.knows(entry.scene) else means.host.entry_scene
        lease = means.host.enter(wanted or "") or means.host.enter_first()
        self._loading: SceneLoading | None = None
        """How it goes with the last choice; told again where the way for messages opens only later."""
        known = entry.scene is None or lease.scene.name == entry.scene
        place = entry.place(lease.scene) if known else entry_place(lease.scene)
        self._at = Whereabouts(lease, place, settings.walk_speed_m_s, self._began_s)
        self._screen_size = entry.size(settings.max_width, settings.max_height)
        self._plan = PicturePlan()
        self._seq = 0
        self._frames = ShownFrames()
        self._commands: asyncio.Queue[Tap | Activate | Locate] = asyncio.Queue(COMMANDS_WAITING_MAX)
        self._zoom = 1.0
        self._moving = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        try:
            self._ticket = means.render_loop.attach(
                self._scene.handle, self._put_frame, settings.fps, self._on_render_error
            )
        except BaseException:
            self._at.let_go()
            raise
        self._narrating = False
        self._scene_playback: AudioSource | None = None
        self._play_sound()
        # The first picture is drawn while the connection is still being made.
        self._want(time.monotonic_ns())
        if self._scene.name != wanted:
            self._travel.go(Destination(wanted or "", entry.place))

    @property
    def _scene(self) -> HostedScene:
        return self._at.scene

    @property
    def _navigator(self) -> Navigator:
        return self._at.navigator

    # --- life --------------------------------------------------------------------------------------

    def _tasks(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        return {"move": self._move(), "act": self._act(), "travel": self._travel.run()}

    def _free(self) -> None:
        self._ticket.close()
        self._at.let_go()

    def _on_active(self) -> None:
        self._record = self._means.begin_record(self._entry)
        self._count_scene()

    def _on_over(self, quality: VisitQuality) -> None:
        if self._record is not None:
            self._record.end(quality, time.time())

    def _count_scene(self) -> None:
        if self._record is not None:
            self._record.enter(self._scene.name, time.time())

    def _on_render_error(self, error: RendererError) -> None:
        """Called on the GL thread."""
        self._log.error("drawing_failed", error=str(error))
        self._loop.call_soon_threadsafe(self.end, "drawing-failed")

    # --- messages ----------------------------------------------------------------------------------

    def _handle(self, message: ClientMessage) -> None:
        match message:
            case Input():
                self._seq = message.seq
                self._zoom = min(message.zoom, self._scene.spec.zoom_max)
                self._navigator.steer(message.yaw, message.pitch, message.right, message.forward, time.monotonic())
                self._want(time.monotonic_ns())
                if self._navigator.walking:
                    self._moving.set()
            case Locate() if not self._settings.editing:
                self._refuse_locating(message)
            case Tap() | Activate() | Locate():
                self._put_aside(self._commands, message)
            case CloseCard():
                if self._narrating:
                    self._play_for_scene(self._scene_playback)
            case Viewport():
                settings = self._settings
                self._screen_size = fit(message.width, message.height, settings.max_width, settings.max_height)
                self._want(time.monotonic_ns())

    def _greet(self) -> None:
        arrivals, place = self._at.arrivals, self._navigator.place
        editor = Editor(origin=self._settings.editor_origin) if self._settings.editing else None
        told = welcome(self.id, self._means.host, self._scene, place, arrivals=arrivals, editor=editor)
        self._send("command", told)
        self._show_feed(self._scene.feed)
        if self._loading is not None:
            self._send("command", self._loading)

    def _play_sound(self) -> None:
        """The scene's sound from its beginning, or none."""
        sound = self._scene.sound
        self._play_for_scene(None if sound is None else sound.playback())

    def _play_for_scene(self, playback: AudioSource | None) -> None:
        self._narrating, self._scene_playback = False, playback
        self.peer.play(playback)

    def _narrate(self, narration: SceneSound) -> None:
        """Tell what is told on a card; the scene's sound waits meanwhile."""
        self._narrating = True
        self.peer.play(Interlude(narration.playback(), self._scene_playback))

    # --- camera and frames -------------------------------------------------------------------------

    def _put_frame(self, frame: Frame) -> None:
        """A picture was drawn. Called on the GL thread."""
        self.peer.put_frame(frame)

    @property
    def _size(self) -> tuple[int, int]:
        """Of the picture to draw now: what the screen shows, scaled down to what the link carries."""
        return scaled(*self._screen_size, self._plan.scale)

    def _on_plan(self, plan: PicturePlan) -> None:
        """The stream wants larger or smaller pictures, more or fewer."""
        self._plan = plan
        self._ticket.set_max_fps(self._settings.fps * plan.rate)
        self._want(time.monotonic_ns())

    def _fov_y_rad(self, width: int, height: int) -> float:
        return zoomed(vertical_fov(self._scene.spec.fov_y_rad, width / height), self._zoom)

    def _want(self, input_at_ns: int) -> None:
        """Ask for a picture of what the visitor should see now; between two scenes the last one stays."""
        if self._at.between:
            return
        width, height = self._size
        pose, fade = self._navigator.place.pose(), self._at.fade(time.monotonic())
        view = View(pose, self._fov_y_rad(width, height), width, height, fade=fade)
        self._ticket.want(view, self._seq, input_at_ns)

    async def _move(self) -> None:
        """Walk on while the stick is held, and fade until the new scene is there alone; sleeps otherwise."""
        while True:
            await self._moving.wait()
            self._moving.clear()
            while not self._at.between and (self._navigator.walking or self._at.fading):
                await asyncio.sleep(1.0 / STEPS_PER_S)
                before, fading = self._navigator.place, self._at.fading
                self._at.advance(time.monotonic())
                if fading or self._navigator.place != before:
                    self._want(time.monotonic_ns())

    def _on_frame_sent(self, sent: FrameSent) -> None:
        frame = sent.frame
        self._frames.add(sent.rtp_timestamp, frame)
        stages = _stages_ms(sent)
        self._tell_frame(sent, frame.input_seq, stages)
        self._count(sent, stages)

    def _count(self, sent: FrameSent, stages: dict[str, float]) -> None:
        metrics = self._metrics
        metrics.frames.labels("sent").inc()
        metrics.sent_bytes.inc(sent.size_bytes)
        if not sent.frame.still:
            # A resting picture waits on purpose, and is coded again: that is no delay of any input.
            for name, duration_ms in stages.items():
                metrics.stage.labels(name).observe(duration_ms / 1e3)
        self._count_first_frame()

    # --- taps --------------------------------------------------------------------------------------

    async def _act(self) -> None:
        """Act on taps, one after the other; picking runs beside the event loop."""
        while True:
            command = await self._commands.get()
            match command:
                case Tap():
                    await self._tap(command)
                case Locate():
                    await self._locate(command)
                case Activate():
                    self._activate(command)

    async def _tap(self, tap: Tap) -> None:
        scene = self._scene
        sight = self._frames.sight(tap.rtp)
        hit = None if sight is None else await asyncio.to_thread(scene.picker.pick, sight.ray(tap.x, tap.y))
        if hit is None:
            self._send("command", Tapped(id=tap.id, hit="nothing"))
        elif hit.hotspot is not None:
            self._send("command", Tapped(id=tap.id, hit="hotspot", hotspot=hit.hotspot, node=hit.node, point=hit.point))
            self._follow(scene, hit.hotspot)
        elif is_floor(scene, hit) and self._navigator.teleport(hit.point[0], hit.point[2]):
            self._send("command", Tapped(id=tap.id, hit="floor", node=hit.node, point=self._navigator.place.position))
            self._want(time.monotonic_ns())
        else:
            self._send("command", Tapped(id=tap.id, hit="node", node=hit.node, point=hit.point))

    async def _locate(self, command: Locate) -> None:
        """Say what is there, and do nothing."""
        sight = self._frames.sight(command.rtp)
        if sight is None:
            self._send("command", Error(field="type", message="no picture has left yet", id=command.id))
            return
        self._send("command", await asyncio.to_thread(located, self._scene, sight, command))

    def _activate(self, command: Activate) -> None:
        if not any(hotspot.id == command.hotspot for hotspot in self._scene.spec.hotspots):
            self._refuse_hotspot(command)
            return
        self._send("command", Tapped(id=command.id, hit="hotspot", hotspot=command.hotspot))
        self._follow(self._scene, command.hotspot)

    def _follow(self, scene: HostedScene, hotspot_id: str) -> None:
        """Do what a hotspot says; cards are opened by the page."""
        if self._record is not None:
            self._record.tap(hotspot_id, time.time())
        action = next(hotspot.action for hotspot in scene.spec.hotspots if hotspot.id == hotspot_id)
        if not isinstance(action, GoToScene):
            if (narration := scene.narrations.get(hotspot_id)) is not None:
                self._narrate(narration)
            return
        entry = action.entry
        fade_s = action.transition.ms / 1e3 if isinstance(action.transition, FadeOver) else 0.0

        def arrive(there: HostedScene) -> Place:
            return arrival(there, entry, self._scene, self._navigator.place)

        self._travel.go(Destination(action.scene, arrive, fade_s))

    # --- from scene to scene -------------------------------------------------------------------------

    def _tell_loading(self, destination: Destination, done: float) -> None:
        told = SceneLoading(scene=destination.scene, done=round(done, 2), stands_still=self._at.between)
        if told != self._loading:  # there are hundreds of steps
            self._loading = told
            self._send("command", told)

    def _make_way(self, destination: Destination) -> bool:
        """Let go of the scene for one that does not fit beside it, if that helps: its last picture stays."""
        if self._at.between or not self._means.host.fits_without(destination.scene, self._at.scene.name):
            return False
        self._at.let_go()
        self._ticket.look_away()
        return True

    def _tell_failure(self, destination: Destination, error: Exception) -> None:
        if self._at.between:
            self._come_back()
        self._loading = SceneLoading(scene=destination.scene, failed=str(error))
        self._send("command", self._loading)

    def _come_back(self) -> None:
        """The scene that the visitor has let go of was let go for nothing; where it is gone, they begin anew, and where
        the whole edition went meanwhile, their page comes again into the new one."""
        host = self._means.host
        try:
            lease = host.enter(self._scene.name) or host.enter_first()
        except NodeNotReady:
            self.end("edition-gone")
            return
        if lease.scene is not self._scene:
            self._arrive(Destination(lease.scene.name, entry_place), lease)
            return
        self._at.come_back(lease)
        self._moving.set()
        self._want(time.monotonic_ns())

    def _arrive(self, destination: Destination, lease: SceneLease) -> None:
        """Go over to another scene, or to another place in this one."""
        before, fov_y_rad = self._scene, self._fov_y_rad(*self._size)
        self._zoom = 1.0
        self._loading = None
        place = destination.arrive(lease.scene)
        self._at.arrive(lease, place, destination.fade_s, fov_y_rad, time.monotonic())
        if self._at.fading:
            self._moving.set()
        if self._scene is not before:
            self._play_sound()
            self._count_scene()
        self._frames.clear()
        self._ticket.move_to(self._scene.handle)
        self._greet()
        self._want(time.monotonic_ns())


def _stages_ms(sent: FrameSent) -> dict[str, float]:
    times = sent.frame.times
    return {
        "wait": max(0.0, (times.draw_start_ns - times.input_at_ns) / 1e6),
        "draw": times.draw_ms,
        "capture": times.capture_ms,
        "queue": sent.queue_ms,
        "encode": sent.encode_ms,
        "send": sent.send_ms,
    }

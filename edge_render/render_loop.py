"""The one GL thread: draws for every visitor, the newest view of each, and sleeps when nothing changes.

What is drawn next, and when, is edge_render.draw_schedule's to say; here are the thread and the locks.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Any, Protocol, Self

import structlog

from edge_render.current_refinement import CurrentRefinement
from edge_render.draw_schedule import Draw, DrawSchedule, Refine, Wish
from edge_render.errors import RendererError
from edge_render.frame import Frame, FrameTimes, PixelFormat
from edge_render.renderer import Content, Loading, Picture, Renderer, SceneHandle, View
from edge_render.room import Room

log = structlog.get_logger(__name__)

Sink = Callable[[Frame], None]


class RenderObserver(Protocol):
    """Is told what becomes of wishes; any thread may call it."""

    def drawn(self, frame: Frame) -> None: ...

    def refined(self) -> None:
        """A resting picture was drawn once more; only now and then one is handed out, which then counts as drawn."""
        ...

    def skipped(self) -> None:
        """A wish was replaced by a newer one, or showed nothing new."""
        ...

    def failed(self) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """One visitor's place at the GL thread. Made by :meth:`RenderLoop.attach`; any thread may use it."""

    loop: RenderLoop = field(repr=False)
    sink: Sink = field(repr=False)
    on_error: Callable[[RendererError], None] = field(repr=False)

    def want(self, view: View, input_seq: int, input_at_ns: int) -> None:
        """Have this drawn next; it replaces a wish that still waits. ``view.still`` is the loop's to choose."""
        self.loop._want(self, Wish(view, input_seq, input_at_ns))

    def refresh(self) -> None:
        """Draw the last view again although nothing changed; its receiver has lost it."""
        with self.loop._changed:
            self.loop._schedule.refresh(self)
            self.loop._changed.notify()

    def set_max_fps(self, max_fps: float) -> None:
        """Draw at most so many live pictures a second, above 0, from the next one on."""
        with self.loop._changed:
            self.loop._schedule.set_max_fps(self, max_fps)
            self.loop._changed.notify()

    def move_to(self, handle: SceneHandle) -> None:
        """Look at another scene from the next wish on; a picture of the old one is not handed on any more."""
        with self.loop._changed:
            self.loop._schedule.move(self, handle)
            self.loop._changed.notify()

    def look_away(self) -> None:
        """Draw nothing until the next wish, or until ``move_to``: the scene may be unloaded."""
        with self.loop._changed:
            self.loop._schedule.look_away(self)
            self.loop._changed.notify()

    def close(self) -> None:
        """Draw no more; may be called again. Frames that are being drawn are dropped."""
        with self.loop._changed:
            self.loop._schedule.remove(self)
            self.loop._changed.notify()


class RenderLoop:
    """Owns the GL thread and the renderer on it. A context manager: entering makes the renderer."""

    def __init__(self, make_renderer: Callable[[], Renderer], observer: RenderObserver) -> None:
        """``make_renderer`` is called on the GL thread."""
        self._make_renderer = make_renderer
        self._observer = observer
        self._changed = threading.Condition()
        self._schedule: DrawSchedule[Ticket] = DrawSchedule()
        self._refining: CurrentRefinement[Ticket] = CurrentRefinement()
        self._jobs: deque[Callable[[Renderer], None]] = deque()
        self._loading: deque[_Load] = deque()
        self._load_next = True
        """Whose turn it is, where both a picture and a step of loading could be next."""
        self._stopping = False
        self._made: Future[tuple[str, PixelFormat, int | None]] = Future()
        self._thread = threading.Thread(target=self._run, name="gl")

    def __enter__(self) -> Self:
        """Start the thread. Raises RendererError where there is no renderer to be had."""
        self._thread.start()
        try:
            self._made.result()
        except BaseException:
            self._thread.join()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    @property
    def description(self) -> str:
        return self._made.result()[0]

    @property
    def pixel_format(self) -> PixelFormat:
        return self._made.result()[1]

    @property
    def memory_bytes(self) -> int | None:
        """See Renderer.memory_bytes."""
        return self._made.result()[2]

    def load(self, content: Content, on_progress: Callable[[float], None] = lambda _done: None) -> Future[SceneHandle]:
        """Put something on the GPU, in steps between the pictures of those who are elsewhere. ``on_progress`` is told
        on the GL thread how much is done, up to 1. The future fails with RendererError where it can't be done."""
        result: Future[SceneHandle] = _settled_here()
        self._submit(lambda renderer: self._begin_load(renderer, content, on_progress, result))
        return result

    def give_up(self, loading: Future[SceneHandle]) -> None:
        """Free what was loaded for a future of ``load``, however far that is; nobody may look at it. A loading that is
        under way fails with RendererError."""

        def free(renderer: Renderer) -> None:
            for load in self._loading:
                if load.result is loading:
                    self._loading.remove(load)
                    load.abandon("the loading was given up")
                    return
            if loading.exception() is None:
                renderer.unload(loading.result())

        with self._changed:
            if not self._stopping:  # else all is freed
                self._jobs.append(free)
                self._changed.notify()

    def room(self, content: Content) -> Future[Room]:
        """See Renderer.room."""
        result: Future[Room] = _settled_here()
        self._submit(lambda renderer: _settle(result, lambda: renderer.room(content)))
        return result

    def content_changed(self, handle: SceneHandle) -> None:
        """What is seen in a scene has changed without anybody's doing; any thread may say so."""
        with self._changed:
            self._schedule.content_changed(handle, time.monotonic_ns())
            self._changed.notify()

    def unload(self, handle: SceneHandle) -> Future[None]:
        """Free a scene that no ticket looks at any more."""
        result: Future[None] = _settled_here()
        self._submit(lambda renderer: _settle(result, lambda: renderer.unload(handle)))
        return result

    def attach(
        self, handle: SceneHandle, sink: Sink, max_fps: float, on_error: Callable[[RendererError], None]
    ) -> Ticket:
        """A place for one more visitor. ``sink`` and ``on_error`` are called on the GL thread and must not block.
        Raises RendererError where the loop is closed."""
        ticket = Ticket(self, sink, on_error)
        with self._changed:
            self._check_open()
            self._schedule.add(ticket, handle, max_fps)
        return ticket

    def _want(self, ticket: Ticket, wish: Wish) -> None:
        with self._changed:
            news = self._schedule.want(ticket, wish, time.monotonic_ns())
            if news:
                self._changed.notify()
        if not news:
            self._observer.skipped()

    def _check_open(self) -> None:
        if self._stopping:
            raise RendererError("the render loop is closed")

    def _submit(self, job: Callable[[Renderer], None]) -> None:
        with self._changed:
            self._check_open()
            self._jobs.append(job)
            self._changed.notify()

    # --- the GL thread -------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            renderer = self._make_renderer()
            if renderer.refiner is not None:
                self._schedule.hand_outs = renderer.refiner.hand_outs
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits in __enter__
            self._made.set_exception(error)
            return
        self._made.set_result((renderer.description, renderer.pixel_format, renderer.memory_bytes))
        try:
            while (work := self._next()) is not None:
                work(renderer)
        finally:
            with self._changed:
                self._stopping = True
                left = list(self._jobs)
                self._jobs.clear()
            for job in left:
                job(renderer)
            for load in self._loading:
                load.abandon("the render loop is closed")
            self._refining.end()
            renderer.close()

    def _next(self) -> Callable[[Renderer], None] | None:
        """Wait for the next thing to do; None when the loop is to end."""
        with self._changed:
            while True:
                if self._stopping:
                    return None
                if self._jobs:
                    return self._jobs.popleft()
                if self._loading and self._load_next:
                    self._load_next = False
                    return lambda _renderer: self._load_step()
                if self._refining.last is not None and not self._schedule.wanted(self._refining.last):
                    # Its visitor has moved or left: that takes microseconds, and gives megabytes back.
                    return lambda _renderer: self._refining.end()
                now_ns = time.monotonic_ns()
                following = self._schedule.next(now_ns)
                self._load_next = True
                if isinstance(following, Draw):
                    return partial(self._draw, following)
                if isinstance(following, Refine):
                    return partial(self._refine, following)
                if self._loading:
                    continue
                # Nothing to do: sleep until a resting picture or the next live one is due, or until a wish comes.
                self._changed.wait(None if following is None else (following - now_ns) / 1e9)

    def _begin_load(
        self,
        renderer: Renderer,
        content: Content,
        on_progress: Callable[[float], None],
        result: Future[SceneHandle],
    ) -> None:
        def changed() -> None:
            self.content_changed(loading.handle)

        try:
            loading = renderer.begin_load(content, changed)
        except Exception as error:  # noqa: BLE001 - raised again in the thread that waits
            result.set_exception(error)
            return
        self._loading.append(_Load(loading, on_progress, result))

    def _load_step(self) -> None:
        if self._loading[0].step():
            self._loading.popleft()

    def _draw(self, drawing: Draw[Ticket], renderer: Renderer) -> None:
        start_ns = time.monotonic_ns()
        try:
            self._hand_on(drawing, renderer.draw(drawing.handle, drawing.wish.view), start_ns)
            if drawing.wish.view.still:
                self._note_time(drawing, start_ns)
            if renderer.changing(drawing.handle, drawing.wish.view):
                self._draw_again(drawing)
        except Exception as error:  # noqa: BLE001 - logged, and told to the visitor
            self._failed(drawing, error)

    def _refine(self, drawing: Refine[Ticket], renderer: Renderer) -> None:
        start_ns = time.monotonic_ns()
        try:
            refinement = self._refining.add_pass(drawing, renderer.refiner)
            self._observer.refined()
            # Reading back takes time too: not for a picture that its visitor has turned away from meanwhile.
            if drawing.hand_out and self._wanted(drawing):
                self._hand_on(drawing, refinement.picture(), start_ns)
            if drawing.final:
                self._refining.end()
            self._note_time(drawing, start_ns)
        except Exception as error:  # noqa: BLE001 - logged, and told to the visitor
            self._refining.end()
            self._failed(drawing, error)

    def _hand_on(self, drawing: Draw[Ticket] | Refine[Ticket], picture: Picture, start_ns: int) -> None:
        wish, view = drawing.wish, drawing.wish.view
        picture.pixels.flags.writeable = False
        frame = Frame(
            pixels=picture.pixels,
            format=picture.format,
            width=view.width,
            height=view.height,
            pose=view.pose,
            input_seq=wish.input_seq,
            still=view.still,
            times=FrameTimes(wish.input_at_ns, start_ns, picture.draw_ms, picture.capture_ms),
            final=drawing.final,
            fov_y_rad=view.fov_y_rad,
        )
        self._observer.drawn(frame)
        if self._wanted(drawing):
            drawing.visitor.sink(frame)

    def _wanted(self, drawing: Draw[Ticket] | Refine[Ticket]) -> bool:
        with self._changed:
            return self._schedule.wanted(drawing)

    def _draw_again(self, drawing: Draw[Ticket]) -> None:
        with self._changed:
            self._schedule.draw_again(drawing.visitor, time.monotonic_ns())

    def _note_time(self, drawing: Draw[Ticket] | Refine[Ticket], start_ns: int) -> None:
        now_ns = time.monotonic_ns()
        with self._changed:
            self._schedule.took(drawing, now_ns - start_ns, now_ns)

    def _failed(self, drawing: Draw[Ticket] | Refine[Ticket], error: Exception) -> None:
        """One visitor's failure, whatever it is, must not end the thread that draws for all others."""
        view = drawing.wish.view
        log.error("drawing_failed", width=view.width, height=view.height, exc_info=error)
        self._observer.failed()
        with self._changed:
            self._schedule.failed(drawing.visitor)
        self._tell(drawing.visitor, error)

    def _tell(self, ticket: Ticket, error: Exception) -> None:
        failure = error
        if not isinstance(failure, RendererError):
            failure = RendererError(f"drawing failed: {error}")
            failure.__cause__ = error
        try:
            ticket.on_error(failure)
        except Exception:
            # Its owner is gone or broken, so nobody waits for its pictures.
            log.exception("drawing_failure_not_told")
            ticket.close()


@dataclass(frozen=True, slots=True, eq=False)
class _Load:
    """One content on its way to the GPU, and who waits for it."""

    loading: Loading
    on_progress: Callable[[float], None]
    result: Future[SceneHandle]

    def step(self) -> bool:
        """Go on with it; True when it is settled."""
        try:
            done = self.loading.step()
            self.on_progress(done)
        except Exception as error:  # noqa: BLE001 - raised again in the thread that waits
            self.result.set_exception(error)
            return True
        if done == 1.0:
            self.result.set_result(self.loading.handle)
        return done == 1.0

    def abandon(self, reason: str) -> None:
        self.loading.cancel()
        self.result.set_exception(RendererError(reason))


def _settled_here() -> Future[Any]:
    """A future that can't be cancelled: who no longer waits for the GL thread's work must not make it fail."""
    result: Future[Any] = Future()
    result.set_running_or_notify_cancel()
    return result


def _settle(result: Future[Any], work: Callable[[], object]) -> None:
    """Do the work and give its outcome to who waits for it."""
    try:
        value = work()
    except Exception as error:  # noqa: BLE001 - raised again in the thread that waits
        result.set_exception(error)
    else:
        result.set_result(value)

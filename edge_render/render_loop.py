"""The one GL thread: draws for every visitor, the newest view of each, and sleeps when nothing changes.

There is no queue. A visitor has one *wish*, replaced by the next; what was replaced is never drawn. Among
the wishes that are due, the visitor who was drawn longest ago comes first. Once a visitor's view has not
changed for a moment, one still picture of full quality is drawn, and then nothing more.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Protocol, Self

import structlog

from edge_render.errors import RendererError
from edge_render.frame import Frame, FrameTimes, PixelFormat
from edge_render.renderer import Renderer, SceneHandle, View
from edge_render.scene import Scene

log = structlog.get_logger(__name__)

STILL_AFTER_S = 0.15
"""A view that is this old is drawn once more, in full quality."""

Sink = Callable[[Frame], None]


class RenderObserver(Protocol):
    """Is told what becomes of wishes; any thread may call it."""

    def drawn(self, frame: Frame) -> None: ...

    def skipped(self) -> None:
        """A wish was replaced by a newer one, or showed nothing new."""
        ...

    def failed(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Wish:
    view: View
    input_seq: int
    input_at_ns: int


class Ticket:
    """One visitor's place at the GL thread. Made by :meth:`RenderLoop.attach`; any thread may use it."""

    def __init__(
        self,
        loop: RenderLoop,
        handle: SceneHandle,
        sink: Sink,
        max_fps: float,
        on_error: Callable[[RendererError], None],
    ) -> None:
        # All that follows is guarded by the loop's condition.
        self._loop = loop
        self._handle = handle
        self._sink = sink
        self._on_error = on_error
        self._interval_s = 1.0 / max_fps
        self._wish: _Wish | None = None
        self._last: _Wish | None = None
        """What was last begun to be drawn; None where that is out of date."""
        self._still_at_s: float | None = None
        self._due_at_s = 0.0
        self._drawn_at_s = 0.0
        self._closed = False

    def want(self, view: View, input_seq: int, input_at_ns: int) -> None:
        """Have this drawn next; it replaces a wish that still waits. ``view.still`` is the loop's to choose."""
        self._loop._want(self, _Wish(replace(view, still=False), input_seq, input_at_ns))

    def refresh(self) -> None:
        """Draw the last view again although nothing changed; its receiver has lost it."""
        self._loop._refresh(self)

    def move_to(self, handle: SceneHandle) -> None:
        """Look at another scene from the next wish on."""
        self._loop._move(self, handle)

    def close(self) -> None:
        """Draw no more. A frame that is being drawn at this moment may still reach the sink, none after it."""
        self._loop._detach(self)


class RenderLoop:
    """Owns the GL thread and the renderer on it. A context manager: entering makes the renderer."""

    def __init__(self, make_renderer: Callable[[], Renderer], observer: RenderObserver) -> None:
        """``make_renderer`` is called on the GL thread."""
        self._make_renderer = make_renderer
        self._observer = observer
        self._changed = threading.Condition()
        self._tickets: list[Ticket] = []
        self._jobs: deque[Callable[[Renderer], None]] = deque()
        self._stopping = False
        self._made: Future[tuple[str, PixelFormat]] = Future()
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

    def load(self, scene: Scene) -> Future[SceneHandle]:
        """Put a scene on the GPU; the future fails with RendererError where that can't be done."""
        result: Future[SceneHandle] = Future()
        self._submit(lambda renderer: _settle(result, lambda: renderer.load(scene)))
        return result

    def unload(self, handle: SceneHandle) -> Future[None]:
        """Free a scene that no ticket looks at any more."""
        result: Future[None] = Future()
        self._submit(lambda renderer: _settle(result, lambda: renderer.unload(handle)))
        return result

    def attach(
        self, handle: SceneHandle, sink: Sink, max_fps: float, on_error: Callable[[RendererError], None]
    ) -> Ticket:
        """A place for one more visitor. ``sink`` and ``on_error`` are called on the GL thread and must not block."""
        ticket = Ticket(self, handle, sink, max_fps, on_error)
        with self._changed:
            self._tickets.append(ticket)
        return ticket

    # --- what tickets do, any thread -----------------------------------------------------------------

    def _want(self, ticket: Ticket, wish: _Wish) -> None:
        with self._changed:
            if ticket._closed:
                return
            replaced = ticket._wish is not None
            shown = ticket._last is not None and ticket._last.view == wish.view
            ticket._wish = None if shown else wish
            if not shown:
                ticket._still_at_s = None
                self._changed.notify()
        if replaced or shown:
            self._observer.skipped()

    def _refresh(self, ticket: Ticket) -> None:
        with self._changed:
            if ticket._closed or ticket._last is None or ticket._wish is not None:
                return
            ticket._wish, ticket._last = ticket._last, None
            self._changed.notify()

    def _move(self, ticket: Ticket, handle: SceneHandle) -> None:
        with self._changed:
            ticket._handle, ticket._wish, ticket._last, ticket._still_at_s = handle, None, None, None

    def _detach(self, ticket: Ticket) -> None:
        with self._changed:
            if not ticket._closed:
                ticket._closed = True
                self._tickets.remove(ticket)

    def _submit(self, job: Callable[[Renderer], None]) -> None:
        with self._changed:
            if self._stopping:
                raise RendererError("the render loop has ended")
            self._jobs.append(job)
            self._changed.notify()

    # --- the GL thread -------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            renderer = self._make_renderer()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits in __enter__
            self._made.set_exception(error)
            return
        self._made.set_result((renderer.description, renderer.pixel_format))
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
            renderer.close()

    def _next(self) -> Callable[[Renderer], None] | None:
        """Wait for the next thing to do; None when the loop is to end."""
        with self._changed:
            while True:
                if self._stopping:
                    return None
                if self._jobs:
                    return self._jobs.popleft()
                now_s = time.monotonic()
                if (drawing := self._choose(now_s)) is not None:
                    return drawing
                self._changed.wait(self._idle_s(now_s))

    def _choose(self, now_s: float) -> Callable[[Renderer], None] | None:
        live = [ticket for ticket in self._tickets if ticket._wish is not None and ticket._due_at_s <= now_s]
        if live:
            ticket = min(live, key=lambda ticket: ticket._drawn_at_s)
            wish = ticket._wish
            assert wish is not None
            ticket._wish, ticket._last = None, wish
            ticket._still_at_s = now_s + STILL_AFTER_S
            late_s = now_s - ticket._due_at_s
            # A visitor in motion keeps the beat of its frame rate; one that rested starts a new beat.
            beat_s = ticket._due_at_s if late_s < ticket._interval_s else now_s
            ticket._due_at_s = beat_s + ticket._interval_s
            ticket._drawn_at_s = now_s
            return lambda renderer: self._draw(renderer, ticket, ticket._handle, wish)
        for ticket in self._tickets:
            if ticket._still_at_s is not None and ticket._still_at_s <= now_s and ticket._wish is None:
                ticket._still_at_s = None
                if (last := ticket._last) is not None:
                    still = replace(last, view=replace(last.view, still=True))
                    return lambda renderer: self._draw(renderer, ticket, ticket._handle, still)
        return None

    def _idle_s(self, now_s: float) -> float | None:
        """Seconds until a ticket is due; None where only a new wish or a job can bring work."""
        times = [ticket._due_at_s for ticket in self._tickets if ticket._wish is not None]
        times += [
            ticket._still_at_s for ticket in self._tickets if ticket._still_at_s is not None and ticket._wish is None
        ]
        return max(0.0, min(times) - now_s) if times else None

    def _draw(self, renderer: Renderer, ticket: Ticket, handle: SceneHandle, wish: _Wish) -> None:
        start_ns = time.monotonic_ns()
        view = wish.view
        try:
            picture = renderer.draw(handle, view)
            frame = Frame(
                pixels=picture.pixels,
                format=picture.format,
                width=view.width,
                height=view.height,
                pose=view.pose,
                input_seq=wish.input_seq,
                still=view.still,
                times=FrameTimes(wish.input_at_ns, start_ns, picture.draw_ms, picture.capture_ms),
            )
            self._observer.drawn(frame)
            if not ticket._closed:
                ticket._sink(frame)
        except Exception as error:
            # One visitor's failure, whatever it is, must not end the thread that draws for all others.
            log.exception("drawing_failed", width=view.width, height=view.height)
            self._observer.failed()
            self._detach(ticket)
            ticket._on_error(error if isinstance(error, RendererError) else RendererError(f"drawing failed: {error}"))


def _settle(result: Future[object] | Future[SceneHandle] | Future[None], work: Callable[[], object]) -> None:
    """Do the work and give its outcome to who waits for it."""
    try:
        value = work()
    except Exception as error:  # noqa: BLE001 - raised again in the thread that waits
        result.set_exception(error)
    else:
        result.set_result(value)  # type: ignore[arg-type] # the caller pairs future and work

"""The GL thread: a gated renderer where order matters, real OpenGL where pixels do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Queue

import numpy as np
import pytest

from edge_render.errors import RendererError
from edge_render.frame import Frame, PixelFormat
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from edge_render.loading import LoadingAtOnce
from edge_render.pose import Pose
from edge_render.render_loop import RenderLoop
from edge_render.renderer import Content, Picture, SceneHandle, View
from edge_render.room import Room
from tests.edge_render.tiny_scenes import one_quad
from tests.waiting import WAIT_S


def view(x: float, *, width: int = 16, height: int = 16) -> View:
    return View(Pose((x, 0.0, 2.0), (0.0, 0.0, 0.0, 1.0)), 1.0, width, height)


class Counts:
    """An observer; ``seen`` is a queue, so that tests can wait for what happens."""

    def __init__(self) -> None:
        self.seen: Queue[str] = Queue()

    def drawn(self, frame: Frame) -> None:
        self.seen.put("final" if frame.final else "still" if frame.still else "drawn")

    def refined(self) -> None:
        self.seen.put("refined")

    def skipped(self) -> None:
        self.seen.put("skipped")

    def failed(self) -> None:
        self.seen.put("failed")

    def next(self) -> str:
        return self.seen.get(timeout=WAIT_S)


class GatedRenderer:
    """Keeps the contract with grey pictures, notes what is drawn, and draws only when a test lets it."""

    description, pixel_format, memory_bytes = "gated", PixelFormat.RGBA, None
    refiner: GatedRefiner | None = None

    def __init__(self) -> None:
        self.gate = threading.Semaphore(0)
        self.began: Queue[tuple[SceneHandle, View]] = Queue()
        self.threads: set[str] = set()
        self.broken_x: float | None = None
        self.loaded: list[SceneHandle] = []
        self.closed = False
        self.moves = False

    def begin_load(self, content: Content, on_change: Callable[[], None]) -> LoadingAtOnce:
        handle = SceneHandle(len(self.loaded) + 1)
        return LoadingAtOnce(handle, lambda: self._load(handle))

    def _load(self, handle: SceneHandle) -> None:
        self.threads.add(threading.current_thread().name)
        self.loaded.append(handle)

    def room(self, content: Content) -> Room:
        return Room(0)

    def changing(self, handle: SceneHandle, view: View) -> bool:
        return self.moves

    def unload(self, handle: SceneHandle) -> None:
        self.loaded.remove(handle)

    def draw(self, handle: SceneHandle, view: View) -> Picture:
        self.threads.add(threading.current_thread().name)
        self.began.put((handle, view))
        assert self.gate.acquire(timeout=WAIT_S)
        if view.pose.position[0] == self.broken_x:
            raise RendererError("the GPU is tired")
        return Picture(np.full((view.height, view.width, 4), 128, np.uint8), PixelFormat.RGBA, 1.0, 1.0)

    def close(self) -> None:
        self.closed = True

    def now_drawing_x(self) -> float:
        return self.began.get(timeout=WAIT_S)[1].pose.position[0]


class GatedRefiner:
    """Refines for a GatedRenderer: each pass is a drawing of its. Notes how many refinements hold memory."""

    hand_outs = (2, 4)

    def __init__(self, renderer: GatedRenderer) -> None:
        self.renderer = renderer
        self.held = 0
        self.released = threading.Semaphore(0)

    def begin(self, handle: SceneHandle, view: View) -> GatedRefinement:
        self.held += 1
        return GatedRefinement(self, handle, view)


class GatedRefinement:
    def __init__(self, refiner: GatedRefiner, handle: SceneHandle, view: View) -> None:
        self._refiner, self._handle, self._view = refiner, handle, view
        self._last: Picture | None = None

    def add_pass(self) -> None:
        self._last = self._refiner.renderer.draw(self._handle, self._view)

    def picture(self) -> Picture:
        assert self._last is not None
        return self._last

    def release(self) -> None:
        self._refiner.held -= 1
        self._refiner.released.release()


def refining_renderer() -> tuple[GatedRenderer, GatedRefiner]:
    renderer = GatedRenderer()
    renderer.refiner = GatedRefiner(renderer)
    return renderer, renderer.refiner


def nothing(_error: RendererError) -> None:
    raise AssertionError("no drawing fails in this test")


def test_input_during_a_drawing_goes_into_the_next_one_and_only_the_newest_is_drawn() -> None:
    renderer, counts, frames = GatedRenderer(), Counts(), Queue[Frame]()
    with RenderLoop(lambda: renderer, counts) as loop:
        ticket = loop.attach(SceneHandle(1), frames.put, 1000.0, nothing)
        ticket.want(view(1.0), 1, 11)
        assert renderer.now_drawing_x() == 1.0
        for seq in range(2, 10):
            ticket.want(view(float(seq)), seq, seq * 11)
        renderer.gate.release(2)
        assert renderer.now_drawing_x() == 9.0
        first, second = frames.get(timeout=WAIT_S), frames.get(timeout=WAIT_S)
        ticket.close()
    assert (first.input_seq, second.input_seq) == (1, 9)
    assert second.times.input_at_ns == 99
    assert second.pose == view(9.0).pose
    assert not second.pixels.flags.writeable
    assert renderer.closed
    assert renderer.threads == {"gl"}


def test_a_raised_rate_counts_for_a_wish_that_waits_already() -> None:
    renderer, counts, frames = GatedRenderer(), Counts(), Queue[Frame]()
    renderer.gate.release(2)
    one_an_hour = 1.0 / 3600.0
    with RenderLoop(lambda: renderer, counts) as loop:
        ticket = loop.attach(SceneHandle(1), frames.put, one_an_hour, nothing)
        ticket.want(view(1.0), 1, 0)
        assert frames.get(timeout=WAIT_S).input_seq == 1
        ticket.want(view(2.0), 2, 0)
        ticket.set_max_fps(1000.0)
        assert frames.get(timeout=WAIT_S).input_seq == 2
        ticket.close()


def test_visitors_take_turns_while_one_asks_without_pause() -> None:
    renderer, counts = GatedRenderer(), Counts()
    with RenderLoop(lambda: renderer, counts) as loop:
        greedy = loop.attach(SceneHandle(1), lambda _frame: None, 100_000.0, nothing)
        modest = loop.attach(SceneHandle(1), lambda _frame: None, 100_000.0, nothing)
        greedy.want(view(1.0), 1, 0)
        assert renderer.now_drawing_x() == 1.0
        modest.want(view(100.0), 1, 0)
        greedy.want(view(2.0), 2, 0)
        renderer.gate.release()
        assert renderer.now_drawing_x() == 100.0
        greedy.close()
        modest.close()
        renderer.gate.release()


def test_the_same_view_is_not_drawn_twice_and_rest_brings_one_still_picture() -> None:
    renderer, counts = GatedRenderer(), Counts()
    renderer.gate.release(3)
    with RenderLoop(lambda: renderer, counts) as loop:
        ticket = loop.attach(SceneHandle(1), lambda _frame: None, 60.0, nothing)
        ticket.want(view(1.0), 1, 0)
        assert counts.next() == "drawn"
        ticket.want(view(1.0), 2, 0)
        assert counts.next() == "skipped"
        assert counts.next() == "final", "this renderer does not refine"
        ticket.refresh()
        assert counts.next() == "final"
    assert counts.seen.empty()


def test_a_resting_picture_is_refined_and_then_nothing_is_drawn() -> None:
    renderer, refiner = refining_renderer()
    counts, frames = Counts(), Queue[Frame]()
    renderer.gate.release(6)
    with RenderLoop(lambda: renderer, counts) as loop:
        ticket = loop.attach(SceneHandle(1), frames.put, 60.0, nothing)
        ticket.want(view(1.0), 7, 0)
        seen = [counts.next() for _ in range(8)]
        assert seen == ["drawn", "still", "refined", "refined", "still", "refined", "refined", "final"]
        assert refiner.released.acquire(timeout=WAIT_S)
        handed_on = [frames.get(timeout=WAIT_S) for _ in range(4)]
        ticket.want(view(1.0), 8, 0)
        assert counts.next() == "skipped"
    assert [(frame.still, frame.final) for frame in handed_on] == [(False, False), *[(True, False)] * 2, (True, True)]
    assert {(frame.pose, frame.input_seq) for frame in handed_on} == {(view(1.0).pose, 7)}
    assert frames.empty()
    assert renderer.began.qsize() == 6


def test_a_move_waits_for_one_pass_at_most_and_what_was_refined_is_not_handed_on() -> None:
    renderer, refiner = refining_renderer()
    frames = Queue[Frame]()
    renderer.gate.release(3)
    with RenderLoop(lambda: renderer, Counts()) as loop:
        ticket = loop.attach(SceneHandle(1), frames.put, 1000.0, nothing)
        ticket.want(view(1.0), 1, 0)
        for _ in range(4):
            renderer.now_drawing_x()
        # In the second pass, after which a picture would be handed out.
        ticket.want(view(2.0), 2, 0)
        renderer.gate.release()
        assert refiner.released.acquire(timeout=WAIT_S), "its memory is free before the next picture is drawn"
        assert renderer.now_drawing_x() == 2.0
        renderer.gate.release()
        handed_on = [frames.get(timeout=WAIT_S) for _ in range(3)]
        ticket.close()
    assert [(frame.input_seq, frame.still) for frame in handed_on] == [(1, False), (1, True), (2, False)]
    assert refiner.held == 0


@pytest.mark.parametrize("leave", ["close", "move_to"])
def test_who_leaves_while_resting_leaves_no_memory_behind(leave: str) -> None:
    renderer, refiner = refining_renderer()
    renderer.gate.release(3)
    with RenderLoop(lambda: renderer, Counts()) as loop:
        ticket = loop.attach(SceneHandle(1), lambda _frame: None, 60.0, nothing)
        ticket.want(view(1.0), 1, 0)
        for _ in range(4):
            renderer.now_drawing_x()
        if leave == "close":
            ticket.close()
        else:
            ticket.move_to(SceneHandle(2))
        renderer.gate.release()
        assert refiner.released.acquire(timeout=WAIT_S)
        assert refiner.held == 0
    assert renderer.began.empty()


def test_a_pass_that_fails_is_told_and_the_next_move_is_drawn() -> None:
    renderer, refiner = refining_renderer()
    errors, frames = Queue[RendererError](), Queue[Frame]()
    renderer.gate.release(2)
    with RenderLoop(lambda: renderer, Counts()) as loop:
        ticket = loop.attach(SceneHandle(1), frames.put, 60.0, errors.put)
        ticket.want(view(1.0), 1, 0)
        for _ in range(3):
            renderer.now_drawing_x()
        renderer.broken_x = 1.0
        renderer.gate.release()
        assert "tired" in str(errors.get(timeout=WAIT_S))
        renderer.gate.release()
        ticket.want(view(2.0), 2, 0)
        assert [frames.get(timeout=WAIT_S).input_seq for _ in range(3)] == [1, 1, 2]
        ticket.close()
    assert refiner.held == 0


def test_a_loop_that_ends_while_it_refines_frees_the_memory() -> None:
    renderer, refiner = refining_renderer()
    renderer.gate.release(3)
    with RenderLoop(lambda: renderer, Counts()) as loop:
        loop.attach(SceneHandle(1), lambda _frame: None, 60.0, nothing).want(view(1.0), 1, 0)
        for _ in range(4):
            renderer.now_drawing_x()
        renderer.gate.release()
    assert refiner.held == 0


def test_a_failed_picture_is_told_to_its_visitor_only() -> None:
    renderer, counts = GatedRenderer(), Counts()
    renderer.broken_x = 13.0
    renderer.gate.release(3)
    errors, good, bad = Queue[RendererError](), Queue[Frame](), Queue[Frame]()
    with RenderLoop(lambda: renderer, counts) as loop:
        unlucky = loop.attach(SceneHandle(1), bad.put, 1000.0, errors.put)
        lucky = loop.attach(SceneHandle(1), good.put, 1000.0, nothing)
        unlucky.want(view(13.0), 1, 0)
        assert "tired" in str(errors.get(timeout=WAIT_S))
        lucky.want(view(1.0), 1, 0)
        assert good.get(timeout=WAIT_S).input_seq == 1
        # The ticket stays good.
        unlucky.want(view(14.0), 2, 0)
        assert bad.get(timeout=WAIT_S).input_seq == 2
        unlucky.close()
        lucky.close()
    assert errors.empty()


def test_a_sink_that_fails_harms_nobody_else() -> None:
    renderer, counts, errors, good = GatedRenderer(), Counts(), Queue[RendererError](), Queue[Frame]()
    renderer.gate.release(10)  # more than are drawn: one that waits for the gate would hold up the end

    def sink(_frame: Frame) -> None:
        raise ValueError("full")

    def owner_is_gone(error: RendererError) -> None:
        errors.put(error)
        raise RuntimeError("the event loop is closed")

    with RenderLoop(lambda: renderer, counts) as loop:
        loop.attach(SceneHandle(1), sink, 1000.0, owner_is_gone).want(view(1.0), 1, 0)
        assert isinstance(errors.get(timeout=WAIT_S).__cause__, ValueError)
        other = loop.attach(SceneHandle(1), good.put, 1000.0, nothing)
        other.want(view(1.0), 1, 0)
        good.get(timeout=WAIT_S)
        other.close()


def test_a_closed_ticket_gets_not_even_the_picture_that_is_being_drawn() -> None:
    renderer, counts, frames = GatedRenderer(), Counts(), Queue[Frame]()
    with RenderLoop(lambda: renderer, counts) as loop:
        ticket = loop.attach(SceneHandle(1), frames.put, 60.0, nothing)
        ticket.want(view(1.0), 1, 0)
        renderer.now_drawing_x()
        ticket.close()
        ticket.close()
        renderer.gate.release()
        assert counts.next() == "drawn"
        ticket.want(view(2.0), 2, 0)
    assert frames.empty()
    assert renderer.began.empty()


def test_a_picture_of_a_scene_that_was_left_is_not_handed_on() -> None:
    renderer, counts, frames = GatedRenderer(), Counts(), Queue[Frame]()
    with RenderLoop(lambda: renderer, counts) as loop:
        ticket = loop.attach(SceneHandle(1), frames.put, 1000.0, nothing)
        ticket.want(view(1.0), 1, 0)
        renderer.now_drawing_x()
        ticket.move_to(SceneHandle(2))
        ticket.want(view(1.0), 2, 0)
        renderer.gate.release(2)
        assert frames.get(timeout=WAIT_S).input_seq == 2
        assert renderer.began.get(timeout=WAIT_S)[0] == SceneHandle(2)
        ticket.close()


def test_a_renderer_that_cannot_be_made_is_told_to_the_starter() -> None:
    def fail() -> GatedRenderer:
        raise RendererError("no GPU")

    with pytest.raises(RendererError, match="no GPU"), RenderLoop(fail, Counts()):
        pass


def test_a_closed_loop_takes_nothing_more() -> None:
    with RenderLoop(GatedRenderer, Counts()) as loop:
        handle = loop.load(one_quad()).result(WAIT_S)
        loop.unload(handle).result(WAIT_S)
    with pytest.raises(RendererError, match="closed"):
        loop.load(one_quad()).result(WAIT_S)
    with pytest.raises(RendererError, match="closed"):
        loop.attach(handle, lambda _frame: None, 60.0, nothing)


def test_real_pictures_live_then_still_then_refined() -> None:
    frames = Queue[Frame]()

    def make() -> GlRenderer:
        return GlRenderer(GlContext.open(), PixelFormat.RGBA)

    counts = Counts()
    with RenderLoop(make, counts) as loop:
        handle = loop.load(one_quad(base_color=(1.0, 0.0, 0.0, 1.0))).result(WAIT_S)
        ticket = loop.attach(handle, frames.put, 60.0, nothing)
        ticket.want(view(0.0, width=64, height=48), 5, 123)
        live, still, better, final = (frames.get(timeout=WAIT_S) for _ in range(4))
        assert loop.pixel_format is PixelFormat.RGBA
        assert "OpenGL" in loop.description
        # A scene that is gone is an error for the one who looks at it.
        loop.unload(handle).result(WAIT_S)
        errors = Queue[RendererError]()
        lost = loop.attach(handle, frames.put, 60.0, errors.put)
        lost.want(view(1.0), 1, 0)
        assert "not loaded" in str(errors.get(timeout=WAIT_S))
    assert [frame.still for frame in (live, still, better, final)] == [False, True, True, True]
    assert [frame.final for frame in (live, still, better, final)] == [False, False, False, True]
    assert final.pixels[24, 32].tolist() == still.pixels[24, 32].tolist()
    assert live.pixels.shape == (48, 64, 4)
    red, green, _, _ = live.pixels[24, 32]
    assert red > 2 * green
    assert live.input_seq == still.input_seq == final.input_seq == 5


class SteppedLoading:
    """Keeps the contract of Loading: each step waits until a test lets it."""

    handle = SceneHandle(7)

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.gate = threading.Semaphore(0)
        self.began: Queue[int] = Queue()
        self.cancelled = False

    def step(self) -> float:
        self.began.put(self.left)
        assert self.gate.acquire(timeout=WAIT_S)
        self.left -= 1
        return 1.0 if self.left == 0 else 0.5

    def cancel(self) -> None:
        self.cancelled = True


class LoadsInSteps(GatedRenderer):
    def __init__(self, steps: int) -> None:
        super().__init__()
        self.loading = SteppedLoading(steps)
        self.on_change: Callable[[], None] | None = None

    def begin_load(self, content: Content, on_change: Callable[[], None]) -> SteppedLoading:  # type: ignore[override]
        self.on_change = on_change
        return self.loading


def test_while_one_scene_is_loaded_those_in_another_get_their_pictures() -> None:
    renderer, frames, progress = LoadsInSteps(3), Queue[Frame](), Queue[float]()
    with RenderLoop(lambda: renderer, Counts()) as loop:
        ticket = loop.attach(SceneHandle(1), frames.put, 100_000.0, nothing)
        loaded = loop.load(one_quad(), progress.put)
        for seq in (1, 2):
            assert renderer.loading.began.get(timeout=WAIT_S)
            ticket.want(view(float(seq)), seq, 0)
            renderer.loading.gate.release()
            assert renderer.now_drawing_x() == float(seq), "a picture comes between any two steps"
            renderer.gate.release()
            assert frames.get(timeout=WAIT_S).input_seq == seq
        renderer.loading.gate.release()
        assert loaded.result(WAIT_S) == SteppedLoading.handle
        ticket.close()
    assert [progress.get(timeout=WAIT_S) for _ in range(3)] == [0.5, 0.5, 1.0]


def test_a_loop_that_is_closed_gives_back_what_is_half_loaded() -> None:
    renderer = LoadsInSteps(2)
    with RenderLoop(lambda: renderer, Counts()) as loop:
        loaded = loop.load(one_quad())
        renderer.loading.began.get(timeout=WAIT_S)
        loop._stopping = True
        renderer.loading.gate.release()
    with pytest.raises(RendererError, match="closed"):
        loaded.result(WAIT_S)
    assert renderer.loading.cancelled


def test_who_no_longer_waits_for_a_loading_does_not_end_the_thread() -> None:
    renderer, frames = LoadsInSteps(1), Queue[Frame]()
    with RenderLoop(lambda: renderer, Counts()) as loop:
        loaded = loop.load(one_quad())
        assert renderer.loading.began.get(timeout=WAIT_S)
        assert not loaded.cancel()
        renderer.loading.gate.release()
        assert loaded.result(WAIT_S) == SteppedLoading.handle
        renderer.gate.release()
        ticket = loop.attach(SceneHandle(1), frames.put, 1000.0, nothing)
        ticket.want(view(1.0), 1, 0)
        assert frames.get(timeout=WAIT_S).input_seq == 1
        ticket.close()


def test_content_that_changes_brings_new_pictures_to_those_who_look_at_it() -> None:
    renderer, frames = LoadsInSteps(1), Queue[Frame]()
    renderer.loading.gate.release()
    renderer.gate.release(2)
    with RenderLoop(lambda: renderer, Counts()) as loop:
        ticket = loop.attach(loop.load(one_quad()).result(WAIT_S), frames.put, 1000.0, nothing)
        ticket.want(view(1.0), 1, 0)
        assert frames.get(timeout=WAIT_S).times.input_at_ns == 0
        assert renderer.on_change is not None
        renderer.on_change()
        assert frames.get(timeout=WAIT_S).times.input_at_ns > 0, "no input has waited for this picture"
        ticket.close()


def test_what_moves_by_itself_is_drawn_without_a_new_wish() -> None:
    renderer, counts = GatedRenderer(), Counts()
    renderer.moves = True
    renderer.gate.release(3)
    with RenderLoop(lambda: renderer, counts) as loop:
        ticket = loop.attach(SceneHandle(1), lambda _frame: None, 1000.0, nothing)
        ticket.want(view(1.0), 1, 0)
        assert [counts.next() for _ in range(3)] == ["drawn"] * 3
        renderer.gate.release()
        ticket.close()

"""Whose picture is drawn next, and when. Pure: time is an argument, nothing here draws or sleeps.

Each visitor has one wish, the newest. Live pictures are drawn at most ``max_fps`` a second for each visitor,
the first one after idleness at once, and visitors take turns. When a visitor has stood still for a while and
nobody waits, the same picture is drawn once more in full quality. Then it is refined, pass by pass, in the gaps that
those who move leave; after that there is nothing to do. An animation or a video may leave no gaps for as long as it
runs: then a small share of the time goes to those who rest, as what they were shown last may be coarse.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from edge_render.input_phase import InputPhase
from edge_render.renderer import SceneHandle, View

STILL_AFTER_NS = 150_000_000
"""How long a visitor's view must rest before the still picture is drawn."""
EARLY_FRACTION = 0.25
"""How much of a frame interval a picture may come early, so that input that jitters around the frame rate
is not held back; the mean rate stays at ``max_fps``."""
PASS_PAUSE = 0.5
"""The pause after a pass, as a part of what it took. Drawing in software takes all cores: encoding and sending, the
first picture of this very rest among it, come in between."""
PATIENCE_NS = 300_000_000
"""How long content that changes may put off the next step of a resting picture, which is the still picture or a pass.
Input may put it off for as long as it lasts: visitors move now and then, and feel delay."""
RESTING_SHARE = 0.2
"""The part of the time that steps which were put off take at most."""

Visitor = TypeVar("Visitor", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a visitor should see, and the input that says so (see edge_render.frame)."""

    view: View
    input_seq: int
    input_at_ns: int


@dataclass(frozen=True, slots=True)
class Draw(Generic[Visitor]):
    """Draw this now."""

    visitor: Visitor
    handle: SceneHandle
    wish: Wish
    final: bool = False
    """See Frame.final."""


@dataclass(frozen=True, slots=True)
class Refine(Generic[Visitor]):
    """Draw one more pass of a resting visitor's picture."""

    visitor: Visitor
    handle: SceneHandle
    wish: Wish
    pass_number: int
    """From 1. Only one picture is refined at a time, so that 1 means: forget the one before."""
    hand_out: bool
    """The picture has become so much better that the visitor should get it."""
    final: bool
    """See Frame.final."""


@dataclass(slots=True, eq=False)
class _Entry:
    handle: SceneHandle
    interval_ns: int
    wish: Wish | None = None
    waiting: bool = False
    """The wish has not been drawn yet, or is to be drawn again."""
    shown: Wish | None = None
    """The last drawn wish; its ``view.still`` says in which quality."""
    changed_at_ns: int = 0
    moved_at_ns: int | None = None
    """When the visitor changed the view; content that changes by itself does not count."""
    due_ns: int = 0
    phase: InputPhase = field(default_factory=InputPhase)
    turn: int = 0
    """Grows with each picture; the visitor with the smallest is next."""
    passes: int = 0
    """How many have refined what is shown."""
    pass_ns: int = 0
    """What the last resting picture or pass took."""

    @property
    def still_at_ns(self) -> int | None:
        """When to draw the still picture; None where there is none to draw."""
        if self.waiting or self.shown is None or self.shown.view.still:
            return None
        return self.rests_at_ns

    @property
    def rests_at_ns(self) -> int:
        """From when on the visitor rests if nothing changes."""
        return self.changed_at_ns + STILL_AFTER_NS

    def end_rest(self) -> None:
        """What is shown is not what should be seen: its refinement ends here, and nothing of it is handed on."""
        self.passes = 0
        if self.shown is not None:
            # If the visitor comes back before anything else was drawn, the rest begins anew.
            self.shown = replace(self.shown, view=replace(self.shown.view, still=False))


class DrawSchedule(Generic[Visitor]):
    """The newest wish of every visitor. Times are nanoseconds of one monotonic clock."""

    def __init__(self) -> None:
        self._entries: dict[Visitor, _Entry] = {}
        self._turns = itertools.count(1)
        self._pause_until_ns = 0
        self._patient_until_ns = 0
        """Until when resting pictures wait for content that changes, counted from the last step of one."""
        self.hand_outs: tuple[int, ...] = ()
        """After how many passes a refined picture is handed out; the last is final. Empty: pictures are not refined."""

    def add(self, visitor: Visitor, handle: SceneHandle, max_fps: float) -> None:
        """Take a visitor of a scene in; nothing is drawn until the first wish."""
        self._entries[visitor] = _Entry(handle, _interval_ns(max_fps))

    def set_max_fps(self, visitor: Visitor, max_fps: float) -> None:
        """Draw at most so many live pictures a second from the next one on; one who is not here is no error."""
        entry = self._entries.get(visitor)
        if entry is not None:
            # The next picture is due as if the last one had been drawn at the new rate.
            entry.due_ns += _interval_ns(max_fps) - entry.interval_ns
            entry.interval_ns = _interval_ns(max_fps)

    def remove(self, visitor: Visitor) -> None:
        """Forget a visitor; one who is not here is no error."""
        self._entries.pop(visitor, None)

    def visitors(self) -> list[Visitor]:
        return list(self._entries)

    def want(self, visitor: Visitor, wish: Wish, now_ns: int) -> bool:
        """Replace the visitor's wish; False where the last drawn picture shows it already, so that none is drawn."""
        entry = self._entries.get(visitor)
        if entry is None:
            return True
        view = replace(wish.view, still=False)
        if entry.wish is None or entry.wish.view != view:
            entry.changed_at_ns = entry.moved_at_ns = now_ns
            entry.phase.on_input(now_ns)
        entry.wish = replace(wish, view=view)
        entry.waiting = entry.shown is None or replace(entry.shown.view, still=False) != view
        if entry.waiting:
            entry.end_rest()
        return entry.waiting

    def refresh(self, visitor: Visitor) -> None:
        """Draw the visitor's wish again, in the quality in which it is shown; without a wish nothing happens."""
        entry = self._entries.get(visitor)
        if entry is not None and entry.wish is not None:
            entry.waiting = True

    def content_changed(self, handle: SceneHandle, now_ns: int) -> None:
        """What is seen in a scene has changed without anybody's doing: all who look at it get a new picture."""
        for entry in self._entries.values():
            fade = None if entry.wish is None else entry.wish.view.fade
            if entry.handle == handle or (fade is not None and fade.handle == handle):
                self._draw_again(entry, now_ns)

    def draw_again(self, visitor: Visitor, now_ns: int) -> None:
        """The visitor's next picture will differ although the view does not; one who is not here is no error."""
        entry = self._entries.get(visitor)
        if entry is not None:
            self._draw_again(entry, now_ns)

    def _draw_again(self, entry: _Entry, now_ns: int) -> None:
        entry.changed_at_ns = now_ns
        if entry.wish is not None and not entry.waiting:
            # No input is waiting for this picture: what passed since the last one is nobody's delay.
            entry.wish = replace(entry.wish, input_at_ns=now_ns)
            entry.waiting = True
            entry.end_rest()

    def move(self, visitor: Visitor, handle: SceneHandle) -> None:
        """Put the visitor into another scene. The old wish belongs to the old scene and is dropped."""
        entry = self._entries.get(visitor)
        if entry is not None:
            entry.handle = handle
            self.look_away(visitor)

    def look_away(self, visitor: Visitor) -> None:
        """Drop the visitor's wish and what is shown; one who is not here is no error."""
        entry = self._entries.get(visitor)
        if entry is not None:
            entry.wish, entry.shown, entry.waiting = None, None, False
            entry.end_rest()

    def failed(self, visitor: Visitor) -> None:
        """The last drawing came to nothing: what is shown is not known, and the next wish is drawn in any case."""
        entry = self._entries.get(visitor)
        if entry is not None:
            entry.shown = None
            entry.end_rest()

    def wanted(self, done: Draw[Visitor] | Refine[Visitor]) -> bool:
        """Whether what was drawn should still be handed on. A resting picture is large, and must not go out before
        the first one of a new move."""
        entry = self._entries.get(done.visitor)
        if entry is None or entry.handle != done.handle:
            return False
        return not done.wish.view.still or entry.shown == done.wish

    def took(self, done: Draw[Visitor] | Refine[Visitor], took_ns: int, now_ns: int) -> None:
        """A resting picture or a pass of it is done, and took so long."""
        entry = self._entries.get(done.visitor)
        if entry is not None:
            entry.pass_ns = took_ns
        self._pause_until_ns = now_ns + round(PASS_PAUSE * took_ns)
        self._patient_until_ns = now_ns + max(PATIENCE_NS, round(took_ns * (1 / RESTING_SHARE - 1)))

    def next(self, now_ns: int) -> Draw[Visitor] | Refine[Visitor] | int | None:
        """The picture to draw now, else the time at which to ask again, else None: only a new wish can change that.

        A returned picture or pass counts as drawn.
        """
        waiting = [item for item in self._entries.items() if item[1].waiting]
        due = [item for item in waiting if item[1].due_ns <= now_ns]
        resting = [item for item in self._entries.items() if item[1].still_at_ns is not None]
        unfinished = [item for item in self._entries.items() if self._refinable(item[1])]
        # One is finished before the next begins: taking turns, all would be late, and each would take memory.
        next_still = min(resting, key=lambda item: item[1].rests_at_ns, default=None)
        next_pass = min(unfinished, key=lambda item: (item[1].passes == 0, item[1].changed_at_ns), default=None)
        if next_still is not None and self._put_off_until_ns(next_still[1]) <= now_ns:
            return self._take_still(*next_still)
        if next_pass is not None and self._put_off_until_ns(next_pass[1]) <= now_ns:
            return self._take_pass(*next_pass)
        if due:
            visitor, entry = min(due, key=lambda item: item[1].turn)
            earliest_ns = now_ns - round(entry.interval_ns * EARLY_FRACTION)
            step_ns = entry.phase.step_ns(entry.due_ns, entry.interval_ns)
            entry.due_ns = max(entry.due_ns, earliest_ns) + entry.interval_ns - step_ns
            return self._take(visitor, entry)
        times_ns = [self._put_off_until_ns(item[1]) for item in (next_still, next_pass) if item is not None]
        if waiting:
            # A still picture takes long: it would hold up those who move and are due in a moment.
            return min([entry.due_ns for _, entry in waiting] + times_ns)
        if next_still is not None:
            if next_still[1].rests_at_ns <= now_ns:
                return self._take_still(*next_still)
            times_ns.append(next_still[1].rests_at_ns)
        if next_pass is not None:
            at_ns = self._pass_at_ns(next_pass[1], now_ns)
            if at_ns <= now_ns:
                return self._take_pass(*next_pass)
            times_ns.append(at_ns)
        return min(times_ns, default=None)

    def _put_off_until_ns(self, entry: _Entry) -> int:
        """From when on the next step of this resting picture goes before what content that changes asks for."""
        moved_ns = (other.moved_at_ns for other in self._entries.values() if other.moved_at_ns is not None)
        hands_off_ns = max(moved_ns, default=0) + STILL_AFTER_NS
        return max(entry.rests_at_ns + PATIENCE_NS, self._patient_until_ns, hands_off_ns)

    def _refinable(self, entry: _Entry) -> bool:
        shown = entry.shown
        left = entry.passes < max(self.hand_outs, default=0)
        return left and not entry.waiting and shown is not None and shown.view.still

    def _pass_at_ns(self, entry: _Entry, now_ns: int) -> int:
        """When the next pass may begin: it fits into the time that those who move leave until their next picture."""
        at_ns = self._pause_until_ns
        for other in self._entries.values():
            if other.rests_at_ns > now_ns and other.due_ns < now_ns + entry.pass_ns:
                at_ns = max(at_ns, other.rests_at_ns)
        return at_ns

    def _take(self, visitor: Visitor, entry: _Entry) -> Draw[Visitor]:
        assert entry.wish is not None
        wish = entry.wish
        if entry.shown is not None and entry.shown.view == replace(wish.view, still=True):
            wish = replace(wish, view=entry.shown.view)
        return self._shown(visitor, entry, wish)

    def _take_still(self, visitor: Visitor, entry: _Entry) -> Draw[Visitor]:
        # The still picture shows no newer input than the live one: it keeps its number and time, so that nobody
        # takes the rest before it for a delay.
        assert entry.shown is not None
        return self._shown(visitor, entry, replace(entry.shown, view=replace(entry.shown.view, still=True)))

    def _take_pass(self, visitor: Visitor, entry: _Entry) -> Refine[Visitor]:
        assert entry.shown is not None
        entry.passes += 1
        hand_out, final = entry.passes in self.hand_outs, entry.passes == self.hand_outs[-1]
        return Refine(visitor, entry.handle, entry.shown, entry.passes, hand_out, final)

    def _shown(self, visitor: Visitor, entry: _Entry, wish: Wish) -> Draw[Visitor]:
        entry.shown, entry.waiting, entry.turn, entry.passes = wish, False, next(self._turns), 0
        return Draw(visitor, entry.handle, wish, final=wish.view.still and not self.hand_outs)


def _interval_ns(max_fps: float) -> int:
    return round(1e9 / max_fps)

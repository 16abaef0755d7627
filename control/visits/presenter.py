"""A visit that others follow: walks and looks like any other, and shows its picture to all."""

from __future__ import annotations

import time

from control.fleet.tokens import GuideHold
from control.visits.entry import Entry
from control.visits.guide import Guide, Shown
from control.visits.visit import Visit, VisitMeans
from edge_render.frame import Frame
from stream.picture.frame_scaling import FrameScaler
from stream.picture.quality import PicturePlan
from stream.picture.thinning import Thinning

FOR_GOOD = ("goodbye", "shutdown", "cancelled")
"""Reasons why a presenter's visit ended that say that nobody comes back."""


class Presenter(Visit):
    """Leads a guided visit."""

    def __init__(self, visit_id: str, means: VisitMeans, entry: Entry, guide: Guide) -> None:
        self._guide = guide
        self._scaler = FrameScaler()
        self._thinning = Thinning(means.settings.fps)
        self._own_scale = 1.0
        guide.lead(self)
        try:
            super().__init__(visit_id, means, entry)
        except BaseException:
            guide.leave_lead(self, for_good=True)
            raise

    @property
    def hold(self) -> GuideHold:
        """By which whoever leads can lead on, here or elsewhere."""
        return GuideHold(code=self._guide.code, key=self._guide.key)

    def _free(self) -> None:
        elsewhere = self.told_to_move and self.end_reason == "goodbye"
        self._guide.leave_lead(self, for_good=self.end_reason in FOR_GOOD, elsewhere=elsewhere)
        super()._free()

    def _greet(self) -> None:
        super()._greet()
        self.on_followers()

    def on_followers(self) -> None:
        """See Leading.on_followers."""
        self._send("command", self._guide.tell_code())

    def _play_sound(self) -> None:
        shown = Shown(self._scene, self._navigator.place, time.monotonic_ns())
        self._guide.show(shown)
        self._play_for_scene(shown.playback())

    def _on_plan(self, plan: PicturePlan) -> None:
        """The presenter's own link wants that: it must not make the followers' pictures smaller, or fewer."""
        self._own_scale, self._thinning.rate = plan.scale, plan.rate
        self._ticket.refresh()

    def _put_frame(self, frame: Frame) -> None:
        self._guide.put_frame(frame)
        if self._thinning.take(frame):
            self.peer.put_frame(self._scaler.scaled(frame, self._own_scale))

"""The one picture that is being refined, and the memory that this takes. Used on the GL thread alone."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

from edge_render.draw_schedule import Refine
from edge_render.renderer import Refinement, Refiner

Visitor = TypeVar("Visitor", bound=Hashable)


class CurrentRefinement(Generic[Visitor]):
    """At most one at a time, as edge_render/draw_schedule.py has them drawn."""

    def __init__(self) -> None:
        self._refinement: Refinement | None = None
        self.last: Refine[Visitor] | None = None
        """The newest pass; None while nothing is refined."""

    def add_pass(self, drawing: Refine[Visitor], refiner: Refiner | None) -> Refinement:
        """Draw the next pass of a picture, or the first one of another. Raises RendererError."""
        if drawing.pass_number == 1:
            self.end()
            assert refiner is not None, "it said after how many passes it hands out"
            self._refinement = refiner.begin(drawing.handle, drawing.wish.view)
        assert self._refinement is not None, "the schedule begins anew wherever it was ended"
        self.last = drawing
        self._refinement.add_pass()
        return self._refinement

    def end(self) -> None:
        """Give the memory back; may be called again."""
        refinement, self._refinement, self.last = self._refinement, None, None
        if refinement is not None:
            refinement.release()

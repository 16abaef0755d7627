"""Who may come in: places are taken and given back atomically on the event loop. Pure state, no I/O."""

from __future__ import annotations

from control.errors import NodeFull


class Admission:
    """Counts places. A place is a visit's from ``enter`` to ``leave``, each called once, or until it is passed on."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._inside: set[str] = set()

    @property
    def taken(self) -> int:
        return len(self._inside)

    def enter(self, visit_id: str) -> None:
        """Take a place. Raises NodeFull where none is free."""
        if len(self._inside) >= self.capacity:
            raise NodeFull(f"all {self.capacity} places are taken")
        self._inside.add(visit_id)

    def pass_on(self, visit_id: str, to_visit_id: str) -> bool:
        """Give a visit's place to another one, which so comes in also where none is free; False where it has none (any
        more), and nothing is done."""
        if visit_id not in self._inside:
            return False
        self._inside.remove(visit_id)
        self._inside.add(to_visit_id)
        return True

    def leave(self, visit_id: str) -> None:
        """Give the place back; nothing where it was passed on."""
        self._inside.discard(visit_id)

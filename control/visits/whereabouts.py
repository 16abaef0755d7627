"""Where a visitor is: the scene that is held for them, their place in it, and what of the last scene is still seen."""

from __future__ import annotations

from control.input import Navigator, Place
from control.showroom.hosted_scene import HostedScene
from control.showroom.scene_request import SceneLease
from control.visits.transition import Transition
from edge_render.renderer import Fade


class Whereabouts:
    """Owns the leases of a visit. Times are seconds of one monotonic clock."""

    def __init__(self, lease: SceneLease, place: Place, walk_speed_m_s: float, now_s: float) -> None:
        self._walk_speed_m_s = walk_speed_m_s
        self._lease: SceneLease | None = lease
        self._left: SceneLease | None = None
        self._transition: Transition | None = None
        self.scene: HostedScene = lease.scene
        """The one they are in, or were in last."""
        self.navigator = Navigator(place, self.scene.space, walk_speed_m_s, now_s)
        self.arrivals = 0
        """How often they have gone over to a scene, or to another place in theirs."""

    @property
    def between(self) -> bool:
        """They have let go of their scene for one that does not fit beside it: nothing can be drawn for them."""
        return self._lease is None

    @property
    def fading(self) -> bool:
        """The picture of before is still seen."""
        return self._transition is not None

    def fade(self, now_s: float) -> Fade | None:
        """What lies over the visitor's picture by now."""
        return None if self._transition is None else self._transition.fade(self.navigator.place, now_s)

    def advance(self, now_s: float) -> None:
        """Walk on, and let the scene of before go once it is not seen any more."""
        self.navigator.advance(now_s)
        if self._transition is not None and self._transition.over(now_s):
            self.end_fade()

    def end_fade(self) -> None:
        """The picture of before is not seen any more."""
        self._transition = None
        if self._left is not None:
            self._left.leave()
            self._left = None

    def let_go(self) -> None:
        """The scene may go; its place is kept in case they come back."""
        self.end_fade()
        if self._lease is not None:
            self._lease.leave()
            self._lease = None

    def come_back(self, lease: SceneLease) -> None:
        """To the scene that was let go of, which is still there."""
        assert lease.scene is self.scene, "else they arrive in another one"
        self._lease = lease

    def arrive(self, lease: SceneLease, place: Place, fade_s: float, fov_y_rad: float, now_s: float) -> None:
        """Go over to a scene, or to another place in this one. The picture of before fades for ``fade_s``, if it still
        can be drawn; ``fov_y_rad`` is how it was seen."""
        self.end_fade()
        left, self._left, self._lease = self.scene, self._lease, lease
        if fade_s > 0.0 and self._left is not None:
            before = self.navigator.place
            self._transition = Transition(left.handle, before, fov_y_rad, place, now_s, fade_s)
        else:
            self.end_fade()
        self.scene = lease.scene
        self.arrivals += 1
        self.navigator = Navigator(place, self.scene.space, self._walk_speed_m_s, now_s)

"""How long visitors stay.

Liu, White and Dumais ("Understanding web browsing behaviors through Weibull analysis of dwell time", SIGIR 2010) find
that times on web pages follow a Weibull distribution with a shape below 1 ("negative aging"): many look in and leave,
and the longer somebody has been there, the longer they will stay. A showroom is entered by a link like a page, so its
visits are drawn from the same family; nobody has published figures of its own for showrooms. Shape 0.7 is within what
they found; the mean of four minutes is an assumption, which sets only the scale: what matters to an allocation is how
many visits come and go while its knowledge is late.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Dwell:
    """A Weibull distribution."""

    mean_s: float = 240.0
    shape: float = 0.7

    @property
    def scale_s(self) -> float:
        return self.mean_s / math.gamma(1.0 + 1.0 / self.shape)

    def of_a_new_visit_s(self, random: Random) -> float:
        """How long somebody stays who comes now."""
        return random.weibullvariate(self.scale_s, self.shape)

    def left_of_a_running_visit_s(self, random: Random) -> float:
        """How long somebody stays on who is met in the middle of a visit: long ones are met more often."""
        whole_s: float = self.scale_s * random.gammavariate(1.0 + 1.0 / self.shape, 1.0) ** (1.0 / self.shape)
        return random.random() * whole_s

"""How often something may be done from one address. Pure: time is an argument, and memory is bounded.

The generic cell rate algorithm: of each network only one time is kept, at which all that it did will be forgiven.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from control.http_face.addresses import network_of

NETWORKS_MAX: Final = 16_384


class AddressRate:
    """At most ``most`` at once from a network, and so many again in each ``period_s``."""

    def __init__(self, most: int, period_s: float) -> None:
        self._period_s = period_s
        self._each_s = period_s / most
        self._forgiven_at: OrderedDict[str, float] = OrderedDict()

    def wait_s(self, address: str, now_s: float) -> float:
        """Until once more is allowed from there; 0: now."""
        forgiven_at = self._forgiven_at.get(network_of(address), now_s)
        # A part of a millisecond, so that rounding does not cost the last of ``most``.
        return max(0.0, forgiven_at + self._each_s - self._period_s - 1e-6 - now_s)

    def count(self, address: str, now_s: float) -> None:
        """It was done once."""
        network = network_of(address)
        self._forgiven_at[network] = max(now_s, self._forgiven_at.pop(network, now_s)) + self._each_s
        if len(self._forgiven_at) > NETWORKS_MAX:
            self._forgiven_at.popitem(last=False)

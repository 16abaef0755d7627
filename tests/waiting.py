"""How long tests wait for what must come."""

from __future__ import annotations

from typing import Final

WAIT_S: Final = 60.0
"""Nothing that works takes so long, on a busy machine either: only what is broken waits until then."""

"""What all stays have in common, with a real peer that never connects: the time that runs out, the log."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine, Mapping
from typing import Any

from structlog.testing import capture_logs

from control.figures.metrics import NodeMetrics
from control.settings import NodeSettings
from control.visits.stay import Stay
from control.wire import ClientMessage
from stream import X264, AiortcPeer, StreamSettings
from stream.peer import FrameSent
from stream.peer_state import PeerState


class Standing(Stay):
    """Shows nothing, and does nothing."""

    def _tasks(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        return {}

    def _free(self) -> None:
        pass

    def _greet(self) -> None:
        pass

    def _handle(self, message: ClientMessage) -> None:
        pass

    def _on_frame_sent(self, sent: FrameSent) -> None:
        pass


def standing(visit_id: str, heartbeat_timeout_s: float = 6.0) -> Standing:
    settings, stream = NodeSettings(heartbeat_timeout_s=heartbeat_timeout_s), StreamSettings()
    return Standing(visit_id, settings, NodeMetrics(), lambda events: AiortcPeer(events, [X264], stream))


async def test_a_sign_of_life_just_after_the_time_has_run_out_is_too_late() -> None:
    stay = standing("one", heartbeat_timeout_s=0.05)
    loop, failures = asyncio.get_running_loop(), list[dict[str, Any]]()
    loop.set_exception_handler(lambda _loop, context: failures.append(context))
    living = asyncio.create_task(stay.run())
    await asyncio.sleep(0)  # it has begun
    stay._on_peer_state(PeerState.CONNECTED, "")
    assert stay._silence is not None
    deadline_s = stay._silence.when()
    assert deadline_s is not None
    loop.call_at(math.nextafter(deadline_s, math.inf), stay.receive, '{"type":"ping","id":1}')
    assert await living == "silent"
    assert not failures


async def test_the_log_names_a_visit_by_less_than_lets_one_steer_it() -> None:
    with capture_logs() as lines:
        stay = standing("who-knows-this-steers-the-visit")
        stay.end("goodbye")
        assert await stay.run() == "goodbye"
    assert {line["visit"] for line in lines if "visit" in line} == {"who-kn"}
    assert stay.id not in str(lines)

"""A stay's time that runs out, with a real peer that never connects."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine, Mapping
from typing import Any

from control.metrics import NodeMetrics
from control.settings import NodeSettings
from control.stay import Stay
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


async def test_a_sign_of_life_just_after_the_time_has_run_out_is_too_late() -> None:
    settings, stream = NodeSettings(heartbeat_timeout_s=0.05), StreamSettings()
    stay = Standing("one", settings, NodeMetrics(), lambda events: AiortcPeer(events, [X264], stream))
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

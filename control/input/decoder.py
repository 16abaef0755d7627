"""From bytes on a channel to intents: parsed, bounded in rate, newest-wins for inputs. Pure; time is an argument."""

from __future__ import annotations

from control.input.rate_limit import TokenBucket
from control.wire import ClientMessage, Error, Input, MessageRefused, Stats, parse

INPUT_RATE_PER_S = 240.0
COMMAND_RATE_PER_S = 40.0
ERROR_RATE_PER_S = 5.0
STATS_RATE_PER_S = 1.0
STATS_BURST = 5.0


class InputDecoder:
    """One visitor's decoder. ``decode`` returns a message to act on, an Error to send back, or None."""

    def __init__(self, now_s: float) -> None:
        self._inputs = TokenBucket(INPUT_RATE_PER_S, INPUT_RATE_PER_S, now_s)
        self._commands = TokenBucket(COMMAND_RATE_PER_S, COMMAND_RATE_PER_S, now_s)
        self._errors = TokenBucket(ERROR_RATE_PER_S, ERROR_RATE_PER_S, now_s)
        self._stats = TokenBucket(STATS_RATE_PER_S, STATS_BURST, now_s)
        self._newest_seq = -1

    def decode(self, data: str | bytes, now_s: float) -> ClientMessage | Error | None:
        """An old or repeated input gives None. A flood or a bad message gives an Error, and None where
        even the errors have become too many: a visitor can't make the server talk without bound."""
        try:
            message = parse(data)
        except MessageRefused as refused:
            return self._refuse(now_s, refused.field, refused.message, None)
        if isinstance(message, Input):
            if not self._inputs.take(now_s):
                return self._refuse(now_s, "type", f"more than {INPUT_RATE_PER_S:g} inputs per second", None)
            if message.seq <= self._newest_seq:
                return None
            self._newest_seq = message.seq
            return message
        if isinstance(message, Stats) and not self._stats.take(now_s):
            return self._refuse(now_s, "type", f"more than {STATS_RATE_PER_S:g} stats per second", None)
        if not self._commands.take(now_s):
            request = getattr(message, "id", None)
            return self._refuse(now_s, "type", f"more than {COMMAND_RATE_PER_S:g} commands per second", request)
        return message

    def _refuse(self, now_s: float, field: str, message: str, request: int | None) -> Error | None:
        if not self._errors.take(now_s):
            return None
        return Error(field=field[:200], message=message[:400], id=request)

"""``edge-render admin`` in a process of its own, which says when it serves and can end itself as kill -9 does.

``python -m bench.kills.admin_program KILL_AT [--option value ...]``. KILL_AT: just before so many-th touch of the
database or the blob store (0: never), counted from when it serves. Writes lines of JSON: ``{"serves": true}`` and
``{"killed": WHERE}``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from socket import socket
from typing import Any

import obstore
import uvicorn
from sqlalchemy import Connection, Engine, event

from bench.kills.killer import Killer, tell
from control.cli import main as edge_render


class StartedKiller(Killer):
    """Counts from when it is armed."""

    is_armed = False

    def touch(self, where: str) -> None:
        if self.is_armed:
            super().touch(where)

    def before(self, where: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call, with a touch before it."""

        def called(*arguments: Any, **named: Any) -> Any:
            self.touch(where)
            return call(*arguments, **named)

        return called


class TouchingWriter:
    """obstore's writer, with a touch before each chunk and before its end."""

    def __init__(self, killer: Killer, writer: Any) -> None:
        self._killer, self._writer = killer, writer

    def __enter__(self) -> TouchingWriter:
        self._writer.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._killer.touch("the end of a blob")
        self._writer.__exit__(*error)

    def write(self, chunk: bytes) -> int:
        self._killer.touch("a chunk of a blob")
        return int(self._writer.write(chunk))


def hear_touches(killer: StartedKiller) -> None:
    """Of the blob store at its door to obstore, and of the database in all statements that change something."""
    open_writer = obstore.open_writer
    obstore.put = killer.before("a put", obstore.put)
    obstore.delete = killer.before("a delete", obstore.delete)
    obstore.open_writer = lambda *arguments, **named: TouchingWriter(killer, open_writer(*arguments, **named))  # type: ignore[assignment]

    @event.listens_for(Engine, "before_cursor_execute")
    def _statement(_c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        verb, _, rest = statement.partition(" ")
        if verb in ("INSERT", "UPDATE", "DELETE"):
            killer.touch(f"{verb} {rest.removeprefix('INTO ').removeprefix('FROM ').split()[0]}")

    @event.listens_for(Engine, "commit")
    def _commit(connection: Connection) -> None:
        if not connection.get_execution_options().get("reads"):
            killer.touch("a commit")


def main(kill_at: int, options: list[str]) -> None:
    killer = StartedKiller(kill_at)
    hear_touches(killer)
    startup = uvicorn.Server.startup

    async def start(server: uvicorn.Server, sockets: list[socket] | None = None) -> None:
        await startup(server, sockets)
        killer.is_armed = True
        tell(serves=True)

    uvicorn.Server.startup = start  # type: ignore[method-assign,assignment]
    edge_render(["admin", *options])


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])

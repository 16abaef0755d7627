"""Uploads one blob in pieces, and goes on where the admin has it up to.

The protocol is that of draft-ietf-httpbis-resumable-upload: the offset that the admin tells counts, whatever was sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final

import httpx2

from control.admin_client.connection import AdminConnection
from control.admin_client.errors import ClientError, Nonsense, Refused, Rejected, Unreachable
from control.admin_client.patience import Patience
from control.admin_client.replies import UploadStarted
from control.content.package_files import PackageFile
from control.content.release import FileEntry

PIECE_BYTES: Final = 8 * 1024 * 1024
"""Of one request, of which all arrives or nothing. At most half of what the admin takes."""
PIECE_MIN_BYTES: Final = 256 * 1024
"""Where connections break."""
_ASK_ANEW: Final = (404, 409)
"""The upload is elsewhere than was thought, is just being checked, or is there no more."""
_READ_BYTES: Final = 256 * 1024


class BlobUpload:
    """Of one blob."""

    def __init__(
        self, connection: AdminConnection, entry: FileEntry, file: PackageFile, moved: Callable[[int], None]
    ) -> None:
        self._connection = connection
        self._entry = entry
        self._source = file.source
        self._moved = moved
        self._told_bytes = 0
        self._piece_bytes = PIECE_BYTES

    async def run(self) -> None:
        """Raises ClientError."""
        patience = Patience(self._connection.patience_s, self._connection.jitter)
        upload_id: str | None = None
        while True:
            try:
                if upload_id is None:
                    started = await self._start()
                    if started.stored or started.id is None:
                        break
                    upload_id, offset = started.id, started.offset_bytes
                else:
                    offset = await self._offset(upload_id)
                await self._send_from(upload_id, offset, patience)
                break
            except ClientError as error:
                match error:
                    case Refused(status=404):
                        # It has become a blob, or was given up: the admin says which when it is begun again.
                        upload_id = None
                    case Unreachable():
                        self._piece_bytes = max(PIECE_MIN_BYTES, self._piece_bytes // 2)
                now = asyncio.get_running_loop().time()
                wait_s = patience.wait_s(error, now, repeatable=True, also=_ASK_ANEW)
                if wait_s is None:
                    raise _told(error, self._entry.path) from error
            await asyncio.sleep(wait_s)
        self._tell(self._entry.size_bytes)

    async def _send_from(self, upload_id: str, offset: int, patience: Patience) -> None:
        """All that is missing; at the end the admin has checked the whole. With nothing missing it is asked to do that:
        whoever sent the last piece did not hear of it."""
        while True:
            self._tell(offset)
            before, offset = offset, await self._send_piece(upload_id, offset)
            if offset == self._entry.size_bytes:
                return
            if offset > before:
                patience.worked()

    async def _start(self) -> UploadStarted:
        asked = {"digest": self._entry.digest, "size_bytes": self._entry.size_bytes}
        response = await self._connection.send("POST", "uploads", json=asked)
        return self._connection.parsed(response, UploadStarted)

    async def _offset(self, upload_id: str) -> int:
        return self._told_offset(await self._connection.send("HEAD", f"uploads/{upload_id}"))

    async def _send_piece(self, upload_id: str, offset: int) -> int:
        size = min(self._piece_bytes, self._entry.size_bytes - offset)
        headers = {
            "Upload-Offset": str(offset),
            "Content-Type": "application/partial-upload",
            "Content-Length": str(size),
        }
        content = self._read(offset, size)
        return self._told_offset(
            await self._connection.send("PATCH", f"uploads/{upload_id}", headers=headers, content=content)
        )

    async def _read(self, offset: int, size: int) -> AsyncIterator[bytes]:
        """A part of the file, while it is sent; what was read is told as sent."""
        try:
            with self._source.open("rb") as file:
                file.seek(offset)
                while size > 0:
                    chunk = await asyncio.to_thread(file.read, min(_READ_BYTES, size))
                    if not chunk:
                        raise Rejected(f"{self._entry.path}: became shorter while it was uploaded")
                    yield chunk
                    offset, size = offset + len(chunk), size - len(chunk)
                    self._tell(offset)
        except OSError as error:
            raise Rejected(f"{self._entry.path}: can't be read: {error.strerror}") from error

    def _told_offset(self, response: httpx2.Response) -> int:
        told = response.headers.get("Upload-Offset", "")
        if not told.isdecimal() or int(told) > self._entry.size_bytes:
            raise Nonsense(f"{self._connection.origin} does not say how much of an upload it has")
        return int(told)

    def _tell(self, offset: int) -> None:
        """Bytes that are sent a second time are not told again."""
        if offset > self._told_bytes:
            self._moved(offset - self._told_bytes)
            self._told_bytes = offset


def _told(error: ClientError, path: str) -> ClientError:
    """With the file that it is about, where the admin can't know it."""
    if isinstance(error, Refused):
        return Refused(f"{path}: {error}", error.status, error.code, error.retry_after_s)
    return error

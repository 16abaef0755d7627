"""An admin's blobs in a process of its own, which gives way to all others: ``python -m bench.publishing.blob_source
COUNT SIZE``. Prints its address and the blobs' digests in one line, and serves until it is ended."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from random import Random

from bench.kills.site_stand_in import SiteStandIn

_NICENESS = 19  # on a real network it is another machine


async def main(count: int, size_bytes: int) -> None:
    os.nice(_NICENESS)
    async with SiteStandIn() as admin:
        for number in range(count):
            data = Random(number).randbytes(size_bytes)
            admin.blobs[hashlib.sha256(data).hexdigest()] = data
        sys.stdout.write(f"{admin.url} {' '.join(admin.blobs)}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))

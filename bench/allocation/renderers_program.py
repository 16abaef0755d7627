"""``python -m bench.allocation.renderers_program``: a process that plays many renderers, until its standard input ends.

It prints the address below which they are, one path for each: ``URL/r0``, ``URL/r1`` …
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path

from joserfc.jwk import KeySet

from bench.allocation.simulated_renderer import SimulatedRenderer, serve_renderers


async def _serve(count: int, capacity: int, occupied: int, keys: KeySet) -> None:
    renderers = [SimulatedRenderer(f"r{number}", capacity) for number in range(count)]
    for renderer in renderers:
        for _ in range(occupied):
            renderer.enter()
    async with serve_renderers(renderers, keys) as members:
        print(members[0].url.removesuffix("/r0"), flush=True)
        await asyncio.to_thread(sys.stdin.read)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--capacity", type=int, required=True)
    parser.add_argument("--occupied", type=int, required=True, help="visits that are at each of them all the time")
    parser.add_argument("--keys", type=Path, required=True, help="the gateway's public key (JWK set)")
    options = parser.parse_args()
    keys = KeySet.import_key_set(json.loads(options.keys.read_text()))
    asyncio.run(_serve(options.count, options.capacity, options.occupied, keys))


if __name__ == "__main__":
    main()

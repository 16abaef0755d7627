"""The decoder process: reads jobs from its standard input until that ends, and writes what they decode to.

Run as ``python -m edge_render.apart.process``. It imports a decoder when it is first asked for it.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge_render.apart.wire import WireError, receive, send

Decoder = Callable[[NDArray[np.uint8], dict[str, Any]], tuple[dict[str, Any], list[NDArray[Any]]]]
"""Takes bytes and parameters, gives facts and arrays; raises ValueError with what is wrong with the bytes."""

DECODERS: Final = {
    "draco": "edge_render.gltf.draco_decoder",
    "ktx2": "edge_render.gltf.ktx2_decoder",
    "simplify": "edge_render.geometry.simplifier",
    "mesh file": "edge_render.mesh_files.decoder",
}
"""Modules whose ``decode`` is a Decoder."""


NICENESS: Final = 10
"""Whoever waits for a scene can wait a little longer; those who look at another one want their next picture now."""


def main() -> None:
    os.nice(NICENESS)
    jobs = sys.stdin.buffer
    # What libraries print must not come between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while True:
        try:
            job, arrays = receive(jobs, max_bytes=2**40)
        except WireError:
            return
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (int(job["memory_bytes"]), hard))
        try:
            decode: Decoder = import_module(DECODERS[job["decoder"]]).decode
            facts, results = decode(arrays[0], job["parameters"])
        except MemoryError:
            send(answers, {"error": "it needs more memory than such content may"}, [])
        except Exception as error:  # noqa: BLE001 - whatever a library raises is about these bytes, and is told
            send(answers, {"error": str(error) or type(error).__name__}, [])
        else:
            send(answers, {"facts": facts}, results)


if __name__ == "__main__":
    main()

"""The process that cuts one picture into tiles: see edge_render.panorama.tiling_apart, which runs it.

``python -m edge_render.panorama.tiling_process IMAGE LAYOUT FOLDER MEMORY_BYTES``. It says on its standard output, a
line each time, how much is done (from 0 to 1). Where the picture is refused, it says why instead and ends with REFUSED.
"""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path
from typing import Final

from edge_render.errors import PackageError
from edge_render.panorama.spec import Layout
from edge_render.panorama.tiler import write_tiles

REFUSED: Final = 2
_NICENESS = 10
"""Visitors in other scenes go first."""


def main() -> int:
    image, layout, folder, memory_bytes = sys.argv[1:]
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (int(memory_bytes), hard))
    os.nice(_NICENESS)
    try:
        write_tiles(Path(image), Layout(layout), Path(folder), lambda done: _say(f"{done:.3f}"))
    except PackageError as error:
        return _refuse(str(error))
    except MemoryError:
        return _refuse(f"{Path(image).name}: needs more than {int(memory_bytes) >> 20} MiB to be cut into tiles")
    except OSError as error:
        return _refuse(f"{Path(image).name}: its tiles can't be written: {error}")
    return 0


def _refuse(message: str) -> int:
    _say(" ".join(message.split()))
    return REFUSED


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

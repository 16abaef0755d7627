"""What somebody wrote into a package must not make the admin call into its own network."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from control.admin.errors import Refused
from control.admin.publishing.drafts import MANIFEST_MAX_BYTES
from control.content.release import MANIFEST_PATH

_SCENE_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_NOT_CALLED: Final = "rtsp://127.0.0.1:1/not-called-in-a-preview"


def not_calling(package: Path) -> list[str]:
    """Options of a node by which it calls no address of the package. Raises Refused where its manifest can't be read:
    what addresses that may have is not known."""
    try:
        with (package / MANIFEST_PATH).open("rb") as file:
            text = file.read(MANIFEST_MAX_BYTES + 1)
        if len(text) > MANIFEST_MAX_BYTES:
            raise ValueError(f"has more than {MANIFEST_MAX_BYTES} bytes")
        scenes = json.loads(text)["scenes"]
        live = [name for name, scene in scenes.items() if scene["type"] == "live" and ":" in scene["source"]]
        if not all(map(_SCENE_NAME.fullmatch, live)):
            raise ValueError("a scene's name is none")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(f"its {MANIFEST_PATH} can't be read: have the version validated to see why") from error
    return ["--live-sources", " ".join(f"{name}={_NOT_CALLED}" for name in live)] if live else []

"""``edge-render gateway-keys``: make the key by which gateways sign, and its public half for renderers."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from control.fleet.tokens import new_signing_key

PRIVATE = "private.jwk"
PUBLIC = "public.jwks"


def run_gateway_keys(arguments: list[str]) -> int:
    """Write both into a folder; returns the exit status. Wrong usage ends the process with 2."""
    parser = argparse.ArgumentParser(
        "edge-render gateway-keys",
        description=f"Make the key by which gateways sign: {PRIVATE} is theirs (--signing-key), {PUBLIC} is given to "
        "renderers (--gateway-keys). What is there is never written over.",
    )
    parser.add_argument("--folder", type=Path, required=True, metavar="DIR", help="where to; it is made")
    folder: Path = parser.parse_args(arguments).folder
    key = new_signing_key()
    private, public = key.as_dict(private=True), key.as_dict(private=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (there := folder / PUBLIC).exists():
            raise FileExistsError(17, "is there already", str(there))
        _write_new(folder / PRIVATE, json.dumps(private))
        _write_new(folder / PUBLIC, json.dumps({"keys": [public]}))
    except FileExistsError as error:
        sys.stderr.write(f"edge-render: {error.filename} is there already: remove it by hand to make another key\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"edge-render: {error.filename} can't be written: {error.strerror}\n")
        return 1
    sys.stdout.write(f"{folder / PRIVATE}\n{folder / PUBLIC}\n")
    return 0


def _write_new(path: Path, text: str) -> None:
    """For its owner's eyes alone, and whole or not at all. Raises FileExistsError."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as writing:
        writing.write(text + "\n")
        writing.flush()
        os.fsync(writing.fileno())

"""``edge-render gateway-keys``: make the key by which gateways sign, and its public half for renderers."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

from control.fleet.key_files import PRIVATE, PUBLIC, key_files
from control.fleet.tokens import new_signing_key
from control.kube.errors import KubeError
from control.log_format import configure_logging


def run_gateway_keys(arguments: list[str]) -> int:
    """Write both into a folder, or into a Secret; returns the exit status. Wrong usage ends the process with 2."""
    parser = argparse.ArgumentParser(
        "edge-render gateway-keys",
        description=f"Make the key by which gateways sign: {PRIVATE} is theirs (--signing-key), {PUBLIC} is given to "
        "renderers (--gateway-keys). What is there is never written over.",
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--folder", type=Path, metavar="DIR", help="write files into this folder, which is made")
    where.add_argument("--secret", metavar="NAME", help="make this Secret of Kubernetes, with both as items")
    parser.add_argument("--namespace", help="the Secret's; else the one that this pod is in")
    parser.add_argument("--kubeconfig", type=Path, metavar="FILE", help="how to reach Kubernetes from outside")
    options = parser.parse_args(arguments)
    if options.secret is not None:
        return _into_secret(options.secret, options.namespace, options.kubeconfig)
    return _into_folder(options.folder)


def _into_secret(name: str, namespace: str | None, kubeconfig: Path | None) -> int:
    # It takes a second and 70 MB to import.
    from control.kube.key_secret import make_key_secret
    from control.kube.kubernetes_api import connect

    async def make() -> bool:
        async with connect(kubeconfig, namespace) as api:
            return await make_key_secret(api, name)

    configure_logging()
    try:
        made = asyncio.run(make())
    except KubeError as error:
        sys.stderr.write(f"edge-render: {error}\n")
        return 1
    sys.stdout.write(f"Secret {name}: {'made' if made else 'is there already, and stays as it is'}\n")
    return 0


def _into_folder(folder: Path) -> int:
    files = key_files(new_signing_key())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (there := folder / PUBLIC).exists():
            raise FileExistsError(17, "is there already", str(there))
        for name in (PRIVATE, PUBLIC):
            _write_new(folder / name, files[name])
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

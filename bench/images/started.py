"""One image, started as a runtime starts it by our manifests: its own user, a root that can't be written, /tmp."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psutil

READY_TIMEOUT_S: Final = 180.0
# Mounts are seen in here alone, and go with the last process.
_ENTER: Final = """
set -e
root=$1 user=$2
shift 2
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -o remount,bind,ro "$root"
exec chroot --userspec="$user" "$root" env -i "$@"
"""


class ImageFailed(Exception):
    """An image can't be started, or does not answer."""


@dataclass(frozen=True, slots=True)
class Started:
    """What was seen of it."""

    seconds: float
    """Until it answered."""
    resident_bytes: int
    """Of all its processes, then."""


def layers(image: str) -> list[str]:
    """Digests of its layers, the lowest first."""
    return [str(digest) for digest in _inspect(image)["rootfs"]["diff_ids"]]


def start(image: str, command: Sequence[str] | None, variables: Mapping[str, str], url: str, port: int) -> Started:
    """Run it until ``url`` answers with 200; ``command``: in place of the image's. Raises ImageFailed."""
    config = _inspect(image)["config"]
    given = [*config["Env"], *(f"{name}={value}" for name, value in variables.items())]
    with _mounted(image) as root:
        enter = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", _ENTER, "enter"]
        arguments = [*config["Entrypoint"], *(config["Cmd"] if command is None else command)]
        began = time.monotonic()
        running = subprocess.Popen(
            [*enter, root, config["User"], *given, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}{url}", running)
            seconds = time.monotonic() - began
            processes = psutil.Process(running.pid).children(recursive=True)
            return Started(seconds, sum(process.memory_info().rss for process in processes))
        finally:
            # The first process of the namespace: with it all others end, and then `unshare`. Killing that would not
            # reach them: who changes user is no longer told of a parent's death.
            for process in psutil.Process(running.pid).children():
                process.kill()
            running.communicate()


def free_port() -> int:
    """Of the loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        if running.poll() is not None:
            told = running.stdout.read().decode(errors="replace") if running.stdout else ""
            raise ImageFailed(f"it ended with status {running.returncode}: {told[-2000:]}")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except urllib.error.URLError:
            time.sleep(0.1)  # another process: there is no event to wait for
    raise ImageFailed(f"{url} did not answer within {READY_TIMEOUT_S:.0f} s")


def _inspect(image: str) -> Any:
    return json.loads(_buildah("inspect", "--type", "image", image))["OCIv1"]


@contextmanager
def _mounted(image: str) -> Iterator[str]:
    container = _buildah("from", "--pull-never", image)
    try:
        yield _buildah("mount", container)
    finally:
        _buildah("rm", container)


def _buildah(*arguments: str) -> str:
    ended = subprocess.run(["buildah", *arguments], capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise ImageFailed(ended.stderr.strip())
    return ended.stdout.strip()

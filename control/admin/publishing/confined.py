"""Runs a command that reads what others have made: with limits, without a network where the system lets us, and not
longer than who started it lives.

Run as ``python -I -m control.admin.publishing.confined --parent PID --memory-bytes N --cpu-s N -- COMMAND …``; it
becomes the command. Linux alone knows all of it.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import resource
import signal
import sys
from typing import Final

NICENESS: Final = 10
"""The admin's pages and the edges come first."""
_FILE_MAX_BYTES: Final = 8 * 2**30
"""Of one file that it writes: tiles of the largest panorama are smaller."""
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000


def main() -> None:
    """Does not return."""
    parser = argparse.ArgumentParser("confined")
    parser.add_argument("--memory-bytes", type=int, required=True, help="of address space, each process")
    parser.add_argument("--cpu-s", type=int, required=True, help="of processor time, each process")
    parser.add_argument("--parent", type=int, required=True, help="process that it ends with")
    parser.add_argument("--offline", action="store_true", help="no network, where the system lets us")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != options.parent:
        raise SystemExit("confined: whoever started it has ended")
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.nice(NICENESS)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_CPU, options.cpu_s)
    _limit(resource.RLIMIT_FSIZE, _FILE_MAX_BYTES)
    # Only the soft one: decoders that it starts set another for themselves.
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (options.memory_bytes, hard))
    if options.offline and libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        # Containers often forbid it. Nothing of a validation connects anyway; this is the second wall.
        sys.stderr.write(f"confined: goes on with a network: {os.strerror(ctypes.get_errno())}\n")
    os.execv(options.command[0], options.command)


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    main()

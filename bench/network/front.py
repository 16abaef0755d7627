"""A node as visitors see it over an impaired network: signalling passes, media goes through relays of its own.

``python -m bench.network.front --node URL --profile NAME`` prints the URL to use in the node's place. Every visitor
gets a link of their own (bench/network/relay.py) with the profile's properties, from their first request on. It ends
when its standard input does, so that it never outlives whoever started it. The node must run on the same machine.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from bench.network.candidates import NoCandidate, host_candidate, with_candidate, without_candidates
from bench.network.profiles import PROFILES, Profile
from bench.network.relay import Relay

NODE_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 10.0
PASSED_HEADERS = ("Content-Type", "Location", "Retry-After")
SWITCH_INTERVAL_S = 0.0005
"""So that one relay's thread is not held up by another for the interpreter's usual 5 ms."""


class ImpairedFront(ThreadingHTTPServer):
    """Owns a relay for each visit, until the visitor's DELETE or its own end."""

    daemon_threads = True

    def __init__(self, node_url: str, profile: Profile, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.node_url = node_url.rstrip("/")
        self._profile = profile
        self._seeds = itertools.count(seed, 2)  # a relay takes two: one for each direction
        self._relays: dict[str, Relay] = {}
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def impair(self, visit_path: str, answer: str) -> str:
        """Begin a link for that visit; returns the answer that leads through it. Raises NoCandidate."""
        server = host_candidate(answer)
        with self._lock:
            relay = self._relays[visit_path] = Relay(self._profile.down, self._profile.up, next(self._seeds))
        relay.__enter__()
        return with_candidate(answer, relay.open_path(server))

    def release(self, visit_path: str) -> None:
        """The visit has ended."""
        with self._lock:
            relay = self._relays.pop(visit_path, None)
        if relay is not None:
            relay.__exit__(None, None, None)

    def server_close(self) -> None:
        super().server_close()
        for visit_path in list(self._relays):
            self.release(visit_path)


class _Handler(BaseHTTPRequestHandler):
    """Passes every request to the node, and its answer back."""

    server: ImpairedFront
    protocol_version = "HTTP/1.1"

    def _pass(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.command == "POST" and sent:
            # Else the server would reach the visitor directly, past the link.
            sent = without_candidates(sent.decode()).encode()
        request = urllib.request.Request(self.server.node_url + self.path, sent or None, method=self.command)
        if content_type := self.headers.get("Content-Type"):
            request.add_header("Content-Type", content_type)
        try:
            with urllib.request.urlopen(request, timeout=NODE_TIMEOUT_S) as response:
                status, headers, body = response.status, response.headers, response.read()
        except urllib.error.HTTPError as refused:
            status, headers, body = refused.code, refused.headers, refused.read()
        except OSError as error:
            self._answer(502, {}, f"the node does not answer: {error}".encode())
            return
        visit_path = headers.get("Location")
        if self.command == "POST" and status == 201 and visit_path:
            try:
                body = self.server.impair(visit_path, body.decode()).encode()
            except (NoCandidate, OSError) as error:
                self._answer(502, {}, f"no link can be put before this node: {error}".encode())
                return
        if self.command == "DELETE":
            self.server.release(self.path.partition("?")[0])
        passed = {name: headers[name] for name in PASSED_HEADERS if name in headers}
        self._answer(status, passed, body)

    do_GET = do_POST = do_PATCH = do_DELETE = _pass  # noqa: N815 - http.server names them so

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002 - http.server names it so
        """Nothing: who visits is told elsewhere."""


class FrontProcess:
    """A context manager: the front in a process of its own, as its relays must wake to the millisecond."""

    def __init__(self, node_url: str, profile: str, seed: int) -> None:
        options = ("--node", node_url, "--profile", profile, "--seed", str(seed))
        self._command = (sys.executable, "-m", "bench.network.front", *options)
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self._process.stdout is not None, "it is piped"
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            self._process.wait()
            raise RuntimeError(f"{' '.join(self._command)} ended with status {self._process.returncode}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None, "it was started"
        assert self._process.stdin is not None, "it is piped"
        assert self._process.stdout is not None, "it is piped"
        self._process.stdin.close()
        self._process.wait(timeout=STOP_TIMEOUT_S)
        self._process.stdout.close()


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m bench.network.front")
    parser.add_argument("--node", required=True, help="URL of a node on this machine")
    parser.add_argument("--profile", choices=PROFILES, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    with ImpairedFront(options.node, PROFILES[options.profile], options.seed) as front:
        serving = threading.Thread(target=front.serve_forever, name="front")
        serving.start()
        print(front.url, flush=True)
        sys.stdin.read()
        front.shutdown()
        serving.join()


if __name__ == "__main__":
    main()

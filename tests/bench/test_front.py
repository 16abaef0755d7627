"""The front passes signalling and puts a link before the media; facts of real sockets."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.network.candidates import host_candidate
from bench.network.front import FrontProcess, ImpairedFront
from bench.network.profiles import PROFILES

OFFER = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 99\r\na=candidate:x 1 udp 2130706431 192.0.2.7 5000 typ host\r\n"
ANSWER = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 99\r\na=candidate:y 1 udp 2130706431 127.0.0.1 40002 typ host\r\n"


class Node(BaseHTTPRequestHandler):
    """Answers as a node does, and keeps what it was asked."""

    asked: list[tuple[str, str, str]]

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.asked.append((self.command, self.path, body))
        answers = {
            ("POST", "/whep?width=640"): (201, ANSWER),
            ("POST", "/whep?full"): (503, "full"),
            ("DELETE", "/whep/one"): (200, ""),
            ("DELETE", "/whep/one?lost=true"): (200, ""),
        }
        status, text = answers.get((self.command, self.path), (404, "nothing here"))
        self.send_response(status)
        if status == 201:
            self.send_header("Location", "/whep/one")
        if status == 503:
            self.send_header("Retry-After", "5")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - http.server names them so

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002 - http.server names it so
        """Nothing."""


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[ThreadingHTTPServer]:
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def node() -> Iterator[ThreadingHTTPServer]:
    Node.asked = []
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Node)) as server:
        yield server


@pytest.fixture
def front(node: ThreadingHTTPServer) -> Iterator[ImpairedFront]:
    front = ImpairedFront(f"http://127.0.0.1:{node.server_address[1]}", PROFILES["clean"], 1)
    with serving(front):
        yield front


def ask(front: ImpairedFront, method: str, path: str, body: str | None = None) -> tuple[int, str, dict[str, str]]:
    data = None if body is None else body.encode()
    request = urllib.request.Request(front.url + path, data, {"Content-Type": "application/sdp"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status, response.read().decode(), dict(response.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), dict(error.headers)


def test_the_answer_leads_through_a_link_and_the_offer_past_none(front: ImpairedFront) -> None:
    status, answer, headers = ask(front, "POST", "/whep?width=640", OFFER)
    assert (status, headers["Location"]) == (201, "/whep/one")
    assert host_candidate(answer) != host_candidate(ANSWER)
    assert "candidate" not in Node.asked[0][2], "else the node would reach the visitor directly"
    assert ask(front, "DELETE", "/whep/one")[0] == 200
    assert [method for method, *_ in Node.asked] == ["POST", "DELETE"]


@pytest.mark.parametrize("left", ["/whep/one", "/whep/one?lost=true"])
def test_a_link_ends_with_its_visit(front: ImpairedFront, left: str) -> None:
    ask(front, "POST", "/whep?width=640", OFFER)
    assert len(front._relays) == 1
    assert ask(front, "DELETE", left)[0] == 200
    assert not front._relays


def test_refusals_pass_as_they_are(front: ImpairedFront) -> None:
    status, text, headers = ask(front, "POST", "/whep?full", OFFER)
    assert (status, text, headers["Retry-After"]) == (503, "full", "5")
    assert ask(front, "GET", "/elsewhere")[:2] == (404, "nothing here")


def test_a_node_that_is_not_there_is_said() -> None:
    with serving(ImpairedFront("http://127.0.0.1:9", PROFILES["clean"], 1)) as front:
        assert isinstance(front, ImpairedFront)
        status, text, _ = ask(front, "POST", "/whep", OFFER)
        assert status == 502
        assert "does not answer" in text


def test_the_process_ends_with_whoever_started_it(node: ThreadingHTTPServer) -> None:
    with FrontProcess(f"http://127.0.0.1:{node.server_address[1]}", "clean", 1) as front:
        request = urllib.request.Request(front.url + "/whep/one", method="DELETE")
        with urllib.request.urlopen(request, timeout=5) as response:
            assert response.status == 200
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(request, timeout=5)

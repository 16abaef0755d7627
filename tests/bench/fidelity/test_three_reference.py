"""What the page of three.js can read: its own files and the shots' folders, and nothing else; npm's lock."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer
from importlib import resources
from pathlib import Path

import pytest

from bench.fidelity.three_reference import _Handler

NPM = resources.files("bench.fidelity").joinpath("reference")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ThreadingHTTPServer]:
    for name in ("page", "models", "private"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file.txt").write_text(name, "utf-8")
    (tmp_path / "models" / "link.txt").symlink_to(tmp_path / "private" / "file.txt")
    allowed = frozenset({(tmp_path / "models").resolve()})
    handler = partial(_Handler, directory=str(tmp_path / "page"), allowed=allowed)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


def asked(server: ThreadingHTTPServer, path: str) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", server.server_port)
    connection.request("GET", path)
    response = connection.getresponse()
    found = response.status, response.read()
    connection.close()
    return found


def test_the_page_and_the_shots_folders_are_read(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    assert asked(server, "/file.txt") == (200, b"page")
    assert asked(server, f"/file{tmp_path}/models/file.txt") == (200, b"models")


@pytest.mark.parametrize(
    "path", ["/file{}/private/file.txt", "/file{}/models/../private/file.txt", "/file{}/models/%2e%2e/private/file.txt"]
)
def test_other_folders_are_not(server: ThreadingHTTPServer, tmp_path: Path, path: str) -> None:
    assert asked(server, path.format(tmp_path))[0] == 404


def test_a_link_out_of_a_shots_folder_is_not_followed(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    assert asked(server, f"/file{tmp_path}/models/link.txt")[0] == 404


def test_npm_installs_what_was_locked_from_whatever_registry_there_is() -> None:
    packages = json.loads(NPM.joinpath("package-lock.json").read_text("utf-8"))["packages"]
    wanted = json.loads(NPM.joinpath("package.json").read_text("utf-8"))
    assert packages[""]["dependencies"] == wanted["dependencies"]
    for name, package in packages.items():
        assert not name or package["integrity"].startswith("sha512-")
        assert "resolved" not in package, "a registry's address"

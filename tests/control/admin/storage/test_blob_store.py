"""Blobs in a folder and in a real S3-compatible server: the same for both."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from bench.servers.s3 import S3Server, s3_server
from control.admin.errors import NotFound, Refused, TooLarge, Unavailable
from control.admin.settings import AdminSettings
from control.admin.storage.blob_store import BlobStore
from control.content.release import FileEntry

DATA = bytes(range(256)) * 12_000  # three chunks
DIGEST = hashlib.sha256(DATA).hexdigest()
ABSENT = "0" * 64


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("data", [b"", b"x", DATA], ids=["empty", "small", "chunks"])
def test_what_is_stored_is_read(blob_store: BlobStore, data: bytes) -> None:
    digest = blob_store.put_bytes(data)
    assert digest == digest_of(data)
    assert blob_store.exists(digest)
    assert blob_store.size(digest) == len(data)
    assert b"".join(blob_store.read(digest)) == data


def test_a_range_is_read(blob_store: BlobStore) -> None:
    blob_store.put_bytes(DATA)
    for start, end in [(0, 1), (1, 5), (1_500_000, 2_500_000), (len(DATA) - 1, len(DATA)), (7, None), (3, 3)]:
        assert b"".join(blob_store.read(DIGEST, start, end)) == DATA[start:end]


def test_what_is_not_there_is_told_before_the_first_byte(blob_store: BlobStore) -> None:
    assert not blob_store.exists(ABSENT)
    for ask in (blob_store.size, blob_store.read, lambda digest: blob_store.read(digest, 1, 2)):
        with pytest.raises(NotFound):
            ask(ABSENT)
    blob_store.delete([ABSENT])


def test_no_more_is_read_than_is_asked_for(blob_store: BlobStore) -> None:
    blob_store.put_bytes(DATA)
    assert blob_store.read_bytes(DIGEST, len(DATA)) == DATA
    with pytest.raises(TooLarge):
        blob_store.read_bytes(DIGEST, len(DATA) - 1)


def test_parts_become_a_blob(blob_store: BlobStore) -> None:
    half = len(DATA) // 2
    blob_store.put_part("upload", "0", DATA[:half])
    blob_store.put_part("upload", "1", DATA[half:])
    blob_store.assemble("upload", ["0", "1"], DIGEST, len(DATA))
    assert b"".join(blob_store.read(DIGEST)) == DATA
    blob_store.put_part("upload", "stray", b"nobody knows of it")
    blob_store.delete_upload("upload")
    assert blob_store.upload_names() == set()
    assert blob_store.exists(DIGEST)


@pytest.mark.parametrize(("digest", "size"), [(ABSENT, len(DATA)), (DIGEST, len(DATA) + 1)])
def test_parts_of_something_else_become_nothing(blob_store: BlobStore, digest: str, size: int) -> None:
    blob_store.put_part("upload", "0", DATA)
    with pytest.raises(Refused, match=r"SHA-256|bytes"):
        blob_store.assemble("upload", ["0"], digest, size)
    assert not blob_store.exists(digest)


def test_a_missing_part_is_told_and_nothing_is_stored(blob_store: BlobStore) -> None:
    blob_store.put_part("upload", "0", DATA)
    with pytest.raises(NotFound):
        blob_store.assemble("upload", ["0", "1"], digest_of(DATA + b"x"), len(DATA) + 1)
    assert not blob_store.exists(digest_of(DATA + b"x"))


def test_a_file_is_stored(blob_store: BlobStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(DATA)
    blob_store.put_file(tmp_path / "file", DIGEST)
    assert blob_store.size(DIGEST) == len(DATA)
    with pytest.raises(Refused):
        blob_store.put_file(tmp_path / "file", ABSENT)
    assert not blob_store.exists(ABSENT)


def test_many_may_store_the_same_at_once(blob_store: BlobStore) -> None:
    with ThreadPoolExecutor(8) as clients:
        assert set(clients.map(lambda _client: blob_store.put_bytes(DATA), range(8))) == {DIGEST}
    assert b"".join(blob_store.read(DIGEST)) == DATA


def test_a_version_is_laid_out(blob_store: BlobStore, tmp_path: Path) -> None:
    small = blob_store.put_bytes(b"{}")
    blob_store.put_bytes(DATA)
    files = [
        FileEntry(path="showroom.json", digest=small, size_bytes=2),
        FileEntry(path="models/room/a.bin", digest=DIGEST, size_bytes=len(DATA)),
        FileEntry(path="models/b.bin", digest=DIGEST, size_bytes=len(DATA)),
    ]
    blob_store.lay_out(files, tmp_path / "laid out")
    found = {str(path.relative_to(tmp_path / "laid out")): path.read_bytes() for path in tmp_path.rglob("*.*")}
    assert found == {"showroom.json": b"{}", "models/room/a.bin": DATA, "models/b.bin": DATA}
    with pytest.raises(NotFound):
        blob_store.lay_out([FileEntry(path="a", digest=ABSENT, size_bytes=1)], tmp_path / "laid out")


def test_files_of_a_folder_are_laid_out_without_copying(tmp_path: Path) -> None:
    store = BlobStore.open(AdminSettings(data_folder=tmp_path / "data"))
    store.put_bytes(DATA)
    store.lay_out([FileEntry(path="a.bin", digest=DIGEST, size_bytes=len(DATA))], tmp_path / "laid out")
    assert (tmp_path / "laid out" / "a.bin").stat().st_nlink == 2


def test_what_a_killed_process_was_writing_goes(tmp_path: Path) -> None:
    """Of which nobody else sees anything."""
    writes = f"""
import os, signal
from pathlib import Path
from control.admin.settings import AdminSettings
from control.admin.storage.objects import Objects

def chunks():
    yield bytes(20 << 20)
    os.kill(os.getpid(), signal.SIGKILL)

Objects(AdminSettings(data_folder=Path({str(tmp_path)!r}))).put_stream("blobs/aa/{ABSENT}", chunks(), 1)
"""
    assert subprocess.run([sys.executable, "-c", writes], check=False).returncode == -signal.SIGKILL
    (left,) = (tmp_path / "content" / "blobs" / "aa").iterdir()
    store = BlobStore.open(AdminSettings(data_folder=tmp_path))
    touched = left.stat().st_mtime
    assert store.sweep(touched - 1) == 0
    assert store.sweep(touched + 1) == 1
    assert not left.exists()


def test_an_outage_is_told(tmp_path: Path) -> None:
    with s3_server(tmp_path) as server:
        store = BlobStore.open(AdminSettings(data_folder=tmp_path, **server.settings()))
        store.put_bytes(b"x")
    for ask in (store.size, store.read, lambda digest: store.delete([digest])):
        with pytest.raises(Unavailable):
            ask(digest_of(b"x"))


def test_settings_that_lead_nowhere_are_told(tmp_path: Path, s3: S3Server) -> None:
    right = {"data_folder": tmp_path, **s3.settings()}
    (tmp_path / "file").touch()
    for wrong in (
        {"blob_url": SecretStr("s3://no-such-bucket")},
        {"blob_secret_key": SecretStr("wrong")},
        {"blob_endpoint": "http://127.0.0.1:9"},
        {"blob_url": SecretStr("ftp://somewhere")},
        {"blob_url": SecretStr(f"file://{tmp_path}/file")},
    ):
        with pytest.raises(Unavailable):
            BlobStore.open(AdminSettings(**{**right, **wrong}))


def test_ranges_of_a_server_that_answers_them_as_it_should(s3: S3Server, tmp_path: Path) -> None:
    """rclone answers them with status 200, AWS with 206: a front of it corrects the status."""

    class Front(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        partial = 0

        def pass_on(self) -> None:
            behind = HTTPConnection(urlsplit(s3.endpoint).netloc)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            behind.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                behind.putheader(name, value)
            behind.endheaders(body)
            answer = behind.getresponse()
            content = answer.read()
            is_partial = answer.status == 200 and "Content-Range" in answer.headers
            Front.partial += is_partial
            self.send_response_only(206 if is_partial else answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in ("transfer-encoding", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            behind.close()

        def do_GET(self) -> None:
            self.pass_on()

        def do_PUT(self) -> None:
            self.pass_on()

        def do_POST(self) -> None:
            self.pass_on()

    with ThreadingHTTPServer(("127.0.0.1", 0), Front) as front:
        serving = threading.Thread(target=front.serve_forever)
        serving.start()
        try:
            settings = {**s3.settings(), "blob_endpoint": f"http://127.0.0.1:{front.server_port}"}
            store = BlobStore.open(AdminSettings(data_folder=tmp_path, **settings))
            store.put_bytes(DATA)
            assert b"".join(store.read(DIGEST, 1_000, 2_000_000)) == DATA[1_000:2_000_000]
            assert Front.partial == 2  # trying it out, and this one
        finally:
            front.shutdown()
            serving.join()


def test_what_a_power_failure_may_not_lose_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = set()
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.add(os.readlink(f"/proc/self/fd/{fd}")), sync(fd)))
    store = BlobStore.open(AdminSettings(data_folder=tmp_path))
    digest = store.put_bytes(b"x")
    blobs = tmp_path / "content" / "blobs"
    assert {str(blobs / digest[:2] / digest), str(blobs / digest[:2]), str(blobs)} <= synced

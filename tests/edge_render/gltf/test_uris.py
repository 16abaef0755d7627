"""What a model's URIs may name, and what is never opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_render.gltf.uris import UriError, is_remote, read_uri


@pytest.mark.parametrize(
    ("uri", "data", "media_type"),
    [
        ("data:image/png;base64,AAEC", b"\0\1\2", "image/png"),
        ("data:application/octet-stream;charset=utf-8;base64,AA==", b"\0", "application/octet-stream"),
        ("data:application/gltf-buffer,a%20b", b"a b", "application/gltf-buffer"),
        ("data:;base64,AA%3D%3D", b"\0", ""),
    ],
)
def test_inline_data_is_read(tmp_path: Path, uri: str, data: bytes, media_type: str) -> None:
    resource = read_uri(tmp_path, uri)
    assert (resource.data, resource.media_type) == (data, media_type)


def test_files_of_the_folder_are_read_however_their_names_are_written(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "a b ü.bin").write_bytes(b"1")
    for uri in ("parts/a b ü.bin", "parts/a%20b%20%C3%BC.bin", "./parts/../parts/a b ü.bin"):
        assert read_uri(tmp_path, uri).data == b"1"


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("", "INVALID_URI"),
        ("data:", "INVALID_URI"),
        ("data:image/png;;base64,AA==", "INVALID_URI"),
        ("data:image/png;base64,A", "INVALID_URI"),
        ("data:image/png;base64,Ä", "INVALID_URI"),
        ("/etc/passwd", "INVALID_URI"),
        ("file:///etc/passwd", "NON_RELATIVE_URI"),
        ("c:\\model.bin", "INVALID_URI"),
        ("a\0b", "INVALID_URI"),
        ("x" * 5000, "IO_ERROR"),
        ("../model.bin", "URI_OUTSIDE_FOLDER"),
        ("parts/%2e%2e/%2e%2e/model.bin", "URI_OUTSIDE_FOLDER"),
        ("https://example.org/model.bin", "NON_RELATIVE_URI"),
        ("gone.bin", "IO_ERROR"),
        (".", "IO_ERROR"),
    ],
)
def test_all_else_is_refused(tmp_path: Path, uri: str, code: str) -> None:
    (tmp_path.parent / "model.bin").write_bytes(b"")
    with pytest.raises(UriError) as raised:
        read_uri(tmp_path, uri)
    assert raised.value.code == code
    assert str(raised.value).isprintable()


@given(st.text(max_size=30))
def test_no_uri_is_more_than_an_error(tmp_path_factory: pytest.TempPathFactory, uri: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    try:
        read_uri(folder, uri)
    except UriError as error:
        assert str(error)  # noqa: PT017 - data or an error; anything else that is raised fails
    assert not is_remote("data:," + uri)

"""What becomes of the process that validates: it reads what others have made."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import sys
import zlib
from pathlib import Path

import psutil
import pytest

from control.admin.publishing.child_process import Limits, confined_process
from control.admin.publishing.report import Finding
from control.admin.publishing.validation_run import Validated, validate_folder
from tests.control.admin.publishing.packages import GIB, hall, manifest, on_disk, small_package, triangle
from tests.edge_render.gltf.gltf_files import GltfFile
from tests.waiting import WAIT_S

LIMITS = Limits(memory_bytes=8 * GIB, cpu_s=120)
PYTHON = (sys.executable, "-c")


async def validated(folder: Path, package: dict[str, bytes]) -> Validated:
    on_disk(folder / "package", package)
    return await validate_folder(folder, "software", LIMITS, 120.0)


async def told_of(folder: Path, program: str, wall_s: float = 60.0, limits: Limits = LIMITS) -> Finding:
    """What is said of a validation whose process runs this program."""
    done = await validate_folder(folder, "software", limits, wall_s, (*PYTHON, program))
    (finding,) = done.report.findings
    assert finding.severity == "error"
    return finding


async def test_a_good_package_is_fine_and_has_pictures(tmp_path: Path) -> None:
    done = await validated(tmp_path, small_package())
    assert done.report.findings == ()
    assert done.report.title is not None
    assert done.report.title.zh == "网点"
    assert [model.file for model in done.report.models] == ["hall.glb"]
    assert (done.report.scenes, done.report.costs[0].triangles) == (("hall",), 1)
    assert done.report.budget["triangles"] > 0
    assert done.report.budgets["software"] == done.report.budget
    assert list(done.pictures) == ["hall.door.webp"]


async def test_what_is_wrong_is_told_with_its_place_and_without_the_servers_folders(tmp_path: Path) -> None:
    broken = hall(audio={"file": "gone.ogg"})
    done = await validated(tmp_path, {"showroom.json": manifest(hall=broken), "hall.glb": triangle(), "a.txt": b"x"})
    assert [(found.severity, found.file, found.place, found.code) for found in done.report.findings] == [
        ("error", "showroom.json", "scenes.hall.audio.file", "FILE_MISSING"),
        ("warning", "showroom.json", "", "UNUSED_FILE"),
    ]
    assert str(tmp_path) not in done.report.model_dump_json()
    assert done.pictures == {}


async def test_a_picture_that_would_swell_is_refused(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )
    file = GltfFile()
    material = file.add("materials", {"pbrMetallicRoughness": {"baseColorTexture": {"index": file.texture(bomb)}}})
    texcoords = {"TEXCOORD_0": file.accessor([[0, 0], [1, 0], [0, 1]])}
    file.show(file.triangle(material=material, attributes=texcoords), name="house")
    done = await validated(tmp_path, {"showroom.json": manifest(), "hall.glb": file.glb()})
    assert [(found.file, found.place) for found in done.report.findings if found.severity == "error"] == [
        ("hall.glb", "images[0]")
    ]


async def test_a_live_address_is_not_called(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as inner:
        inner.setblocking(False)
        source = f"rtsp://127.0.0.1:{inner.getsockname()[1]}/inner"
        square = {"type": "live", "source": source}
        done = await validated(
            tmp_path, {"showroom.json": manifest(hall=hall(), square=square), "hall.glb": triangle()}
        )
        assert done.report.errors == 0
        with pytest.raises(BlockingIOError):
            inner.accept()


async def test_a_title_too_long_for_a_release_is_told(tmp_path: Path) -> None:
    tree = json.loads(manifest())
    tree["title"]["zh"] = "网" * 201
    done = await validated(tmp_path, {"showroom.json": json.dumps(tree).encode(), "hall.glb": triangle()})
    assert [(found.place, found.code) for found in done.report.findings] == [("title", "TITLE_INVALID")]


async def test_a_process_that_is_killed_is_a_finding(tmp_path: Path) -> None:
    finding = await told_of(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert (finding.code, "was killed" in finding.message) == ("VALIDATION_FAILED", True)


async def test_a_process_that_crashes_is_a_finding(tmp_path: Path) -> None:
    finding = await told_of(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert "SIGSEGV" in finding.message


async def test_too_much_memory_is_a_finding(tmp_path: Path) -> None:
    limits = Limits(memory_bytes=GIB, cpu_s=60)
    finding = await told_of(tmp_path, "held = bytearray(2**31)", limits=limits)
    assert "more memory than a validation may" in finding.message


async def test_too_much_processor_time_is_a_finding(tmp_path: Path) -> None:
    finding = await told_of(tmp_path, "while True: pass", limits=Limits(GIB, cpu_s=1))
    assert "time of the processor" in finding.message or "was killed" in finding.message


async def test_one_that_does_not_end_is_ended(tmp_path: Path) -> None:
    finding = await told_of(tmp_path, "import time; time.sleep(1000)", wall_s=0.5)
    assert finding.code == "VALIDATION_TIMEOUT"


@pytest.mark.parametrize("said", ["no report", "{}", "[]", '{"findings": [{"severity": "surprise"}]}', "3"])
async def test_what_is_no_report_is_a_finding(tmp_path: Path, said: str) -> None:
    assert (await told_of(tmp_path, f"print({said!r})")).code == "VALIDATION_FAILED"


async def test_what_is_no_picture_is_not_taken(tmp_path: Path) -> None:
    """A process that its content has taken over could name any file."""
    named = [
        {"scene": "a", "entry": entry, "file": f"a.{entry}.webp", "width": 1, "height": 1}
        for entry in ("link", "text", "gone", "pipe")
    ]
    program = (
        "import json, os; os.mkdir('pictures'); os.symlink('/etc/passwd', 'pictures/a.link.webp');"
        "open('pictures/a.text.webp', 'w').write('text'); os.mkfifo('pictures/a.pipe.webp');"
        f"print(json.dumps({{'title': {{'en': 'A', 'zh': 'A'}}, 'pictures': {named!r}}}))"
    )
    done = await validate_folder(tmp_path, "software", LIMITS, 60.0, (*PYTHON, program))
    assert (done.pictures, done.report.pictures) == ({}, ())
    elsewhere = [{**named[0], "file": "../../etc/passwd"}]
    (tmp_path / "again").mkdir()
    finding = await told_of(tmp_path / "again", f"import json; print(json.dumps({{'pictures': {elsewhere!r}}}))")
    assert finding.code == "VALIDATION_FAILED"


@pytest.mark.parametrize("put", ["os.mkfifo(name)", "os.symlink('secret', name)"])
async def test_its_output_is_what_it_wrote_and_not_what_it_put_in_its_place(tmp_path: Path, put: str) -> None:
    (tmp_path / "secret").write_text("secret")
    program = (
        f"import os, sys\nfor name in ('stdout', 'stderr'): os.unlink(name); {put}\n"
        "print('no report'); print('complaint', file=sys.stderr)"
    )
    async with (
        asyncio.timeout(WAIT_S),
        confined_process((*PYTHON, program), tmp_path, LIMITS, offline=False) as confined,
    ):
        assert await confined.process.wait() == 0
        assert (confined.said(100), confined.complained()) == (b"no report\n", "complaint\n")
    with pytest.raises(FileExistsError):  # the next one would write to wherever that leads
        async with confined_process((*PYTHON, program), tmp_path, LIMITS, offline=False):
            pass
    assert (tmp_path / "secret").read_text() == "secret"


async def test_no_more_pictures_are_taken_than_are_drawn(tmp_path: Path) -> None:
    named = [{"scene": "a", "entry": "b", "file": f"a.b{n}.webp", "width": 1, "height": 1} for n in range(150)]
    program = (
        "import json, os; os.mkdir('pictures'); named = " + repr(named) + ";"
        "[open('pictures/' + one['file'], 'wb').write(b'RIFF0000WEBP') for one in named];"
        "print(json.dumps({'title': {'en': 'A', 'zh': 'A'}, 'pictures': named}))"
    )
    done = await validate_folder(tmp_path, "software", LIMITS, 60.0, (*PYTHON, program))
    assert len(done.pictures) == len(done.report.pictures) == 100


async def test_it_inherits_no_secret_and_nothing_that_it_started_outlives_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_RENDER_ADMIN_BLOB_SECRET_KEY", "hush")
    program = (
        "import os, subprocess, sys, time; child = subprocess.Popen(['sleep', '1000']);"
        "print(child.pid, *sorted(os.environ), flush=True); open('ready', 'w').close(); time.sleep(1000)"
    )
    async with confined_process((*PYTHON, program), tmp_path, LIMITS, offline=False) as confined:
        async with asyncio.timeout(WAIT_S):
            while not (tmp_path / "ready").exists():  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.02)
        said = confined.said(100_000)
    assert said is not None
    child, *names = said.decode().split()
    assert "EDGE_RENDER_ADMIN_BLOB_SECRET_KEY" not in names
    assert {"HOME", "PYTHONSAFEPATH"} <= set(names)
    await asyncio.to_thread(
        psutil.wait_procs, [psutil.Process(int(child))] if psutil.pid_exists(int(child)) else [], 30
    )
    assert not psutil.pid_exists(int(child)) or psutil.Process(int(child)).status() == psutil.STATUS_ZOMBIE


async def test_it_has_no_network_where_the_system_lets_us(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as inner:
        program = f"import socket; socket.create_connection(('127.0.0.1', {inner.getsockname()[1]}), 5)"
        async with confined_process((*PYTHON, program), tmp_path, LIMITS, offline=True) as confined:
            status = await confined.process.wait()
            complained = confined.complained()
    if "goes on with a network" in complained:
        pytest.skip("this system does not let a user have a network namespace")
    assert status != 0

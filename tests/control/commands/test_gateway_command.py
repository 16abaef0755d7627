"""``edge-render gateway`` and ``gateway-keys`` as an operator types them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from bench.free_port import free_port
from control.commands.gateway_command import run_gateway
from control.commands.gateway_keys_command import run_gateway_keys
from control.gateway.signer import read_signer
from tests.waiting import WAIT_S

EDGE_RENDER = str(Path(sys.executable).with_name("edge-render"))


def test_keys_are_made_once_and_for_their_owner_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "keys"
    assert run_gateway_keys(["--folder", str(folder)]) == 0
    before = (folder / "private.jwk").read_bytes()
    assert (folder / "private.jwk").stat().st_mode & 0o777 == 0o600
    (public,) = json.loads((folder / "public.jwks").read_text())["keys"]
    assert "d" not in public
    assert public["kid"] == read_signer(folder / "private.jwk").key.kid
    assert run_gateway_keys(["--folder", str(folder)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert (folder / "private.jwk").read_bytes() == before


def test_the_public_half_is_no_key_to_sign_by(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_gateway_keys(["--folder", str(tmp_path)]) == 0
    public = json.loads((tmp_path / "public.jwks").read_text())["keys"][0]
    (tmp_path / "wrong.jwk").write_text(json.dumps(public))
    assert run_gateway(["--signing-key", str(tmp_path / "wrong.jwk"), "--renderers", "a=http://127.0.0.1:1"]) == 1
    assert "private.jwk" in capsys.readouterr().err


def test_wrong_options_are_told_by_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_gateway(["--queue-max", "-1", "--turn-secret", "short"]) == 2
    said = capsys.readouterr().err
    assert "--queue-max" in said
    assert "--turn-secret" in said


def test_it_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    assert run_gateway_keys(["--folder", str(tmp_path)]) == 0
    port = free_port()
    command = [EDGE_RENDER, "gateway", "--port", str(port), "--signing-key", str(tmp_path / "private.jwk")]
    environment = {**os.environ, "EDGE_RENDER_RENDERERS": "r1=http://127.0.0.1:1", "EDGE_RENDER_LINGER_S": "0"}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        while not _ready(port):
            assert process.poll() is None
            time.sleep(0.1)  # another process: there is no event to wait for
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=WAIT_S) == 0
    finally:
        process.kill()
        process.wait()


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5.0) as answer:
            return bool(json.load(answer)["ready"])
    except OSError:
        return False

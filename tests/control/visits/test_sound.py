"""The sound of a scene, from its file to a visitor's ear, over HTTP and real peers."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from aiortc import RTCPeerConnection

from control.showroom.scene_sound import SceneSound
from edge_render.errors import PackageError
from edge_render.package import open_package
from tests.control.node.test_edge_http import Visitor, serving, write_package
from tests.stream.sounds import tone, write_wav
from tests.stream.webrtc.test_audio_sender import Ear
from tests.waiting import WAIT_S

TITLE = {"en": "Music", "zh": "音乐"}


def ear_of(connection: RTCPeerConnection) -> Ear:
    return Ear(next(one.receiver for one in connection.getTransceivers() if one.kind == "audio"))


async def test_a_visitor_hears_the_scene_and_after_the_door_the_next_one(tmp_path: Path) -> None:
    write_wav(tmp_path / "hall.wav", tone(880, 1.0))
    write_wav(tmp_path / "cellar.wav", tone(220, 1.0))
    audio = {"hall": {"file": "hall.wav", "title": TITLE}, "cellar": {"file": "cellar.wav"}}
    async with serving(tmp_path, audio) as (_, client):
        visitor = Visitor()
        visitor.connection.addTransceiver("audio", direction="recvonly")
        await visitor.enter(client)
        assert (await visitor.next("welcome"))["audio"] == {"title": TITLE}
        ear = ear_of(visitor.connection)
        visitor.command.send('{"type":"audio","on":true}')
        await ear.hear_tone(880)
        await visitor.ask(type="activate", id=1, hotspot="stairs")
        assert (await visitor.next("welcome"))["audio"] == {"title": None}
        await ear.hear_tone(220)
        await visitor.connection.close()


async def test_a_card_is_narrated_until_it_ends_or_is_closed(tmp_path: Path) -> None:
    write_wav(tmp_path / "hall.wav", tone(880, 1.0))
    write_wav(tmp_path / "box.wav", tone(220, 3.0))
    async with serving(tmp_path, {"hall": {"file": "hall.wav"}}, "box.wav") as (_, client):
        visitor = Visitor()
        visitor.connection.addTransceiver("audio", direction="recvonly")
        await visitor.enter(client)
        welcome = await visitor.next("welcome")
        assert "audio" not in welcome["hotspots"][0]["card"], "a file of the node's is nothing for the page"
        ear = ear_of(visitor.connection)
        visitor.command.send('{"type":"audio","on":true}')
        await ear.hear_tone(880)
        await visitor.ask(type="activate", id=1, hotspot="box")
        await ear.hear_tone(220)
        visitor.command.send('{"type":"close_card"}')
        await ear.hear_tone(880)
        await visitor.ask(type="activate", id=2, hotspot="box")
        await ear.hear_tone(220)
        await ear.hear_tone(880)  # it has ended by itself
        await visitor.connection.close()


async def test_a_bad_narration_is_refused_with_its_hotspot(tmp_path: Path) -> None:
    (tmp_path / "box.mp3").write_bytes(b"no speech" * 100)
    package = open_package(write_package(tmp_path, narration="box.mp3"))
    with pytest.raises(PackageError, match=r"scenes.hall.hotspots.box.action.audio: box.mp3 can't be decoded"):
        await SceneSound.open_narrations(package, "hall")
    with pytest.raises(PackageError, match=r"hotspots.box.action.audio.file: no file gone.ogg"):
        open_package(write_package(tmp_path, narration="gone.ogg"))


async def test_a_scene_without_sound_says_so(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, client):
        visitor = Visitor()
        await visitor.enter(client)
        assert (await visitor.next("welcome"))["audio"] is None
        visitor.command.send(json.dumps({"type": "audio", "on": True}))
        visitor.command.send(json.dumps({"type": "ping", "id": 1}))
        await visitor.next("pong")
        await visitor.connection.close()


async def test_a_bad_sound_is_refused_with_its_scene_and_file(tmp_path: Path) -> None:
    (tmp_path / "hall.mp3").write_bytes(b"no music" * 100)
    package = open_package(write_package(tmp_path, {"hall": {"file": "hall.mp3"}}))
    with pytest.raises(PackageError, match=r"showroom.json: scenes.hall.audio: hall.mp3 can't be decoded as mp3"):
        await SceneSound.open(package, "hall")
    assert await SceneSound.open(package, "cellar") is None


async def test_a_sound_that_can_not_be_coded_is_silence(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "hall.wav", tone(880, 1.0))
    package = open_package(write_package(tmp_path, {"hall": {"file": "hall.wav", "loop": False}}))
    sound = await SceneSound.open(package, "hall")
    assert sound is not None
    path.unlink()
    playback = sound.playback()
    async with asyncio.timeout(WAIT_S):
        await sound.code()
        assert await playback.next() is None

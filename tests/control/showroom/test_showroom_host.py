"""Scenes come to the GPU when somebody wants them, and go for others: with the real renderer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trimesh

from bench.nobody import Nobody
from control.errors import SceneTooLarge
from control.input import Place
from control.showroom.gpu_scenes import GpuScenes
from control.showroom.hosted_scene import HostedScene
from control.showroom.scene_order import nearest_first
from control.showroom.scene_request import SceneLease
from control.showroom.scene_residency import SceneResidency
from control.showroom.showroom_host import ShowroomHost
from control.visits.travel import Destination, Travel
from edge_render.derived_cache import DerivedCache
from edge_render.errors import EdgeRenderError, RendererError
from edge_render.frame import PixelFormat
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from edge_render.package import open_package
from edge_render.render_loop import RenderLoop
from edge_render.room import Room
from tests.waiting import WAIT_S

SMALL, LARGE = 0, 5
"""How often a sphere's triangles are divided; each time there are four times as many."""


def write_showroom(folder: Path, links: dict[str, str], **spheres: int) -> Path:
    """A showroom of spheres; the first scene is the entry scene. ``links``: where a scene's door leads."""
    text = {"en": "Door", "zh": "门"}
    scenes: dict[str, Any] = {}
    for name, divisions in spheres.items():
        mesh = trimesh.creation.icosphere(divisions)
        (folder / f"{name}.glb").write_bytes(trimesh.Scene(mesh).export(file_type="glb"))
        door = {"id": "door", "position": [0, 0, -1], "label": text}
        scenes[name] = {
            "type": "model",
            "model": f"{name}.glb",
            "entryPoses": [{"name": "start", "position": [0, 1.6, 4]}],
            "walkable": {"min": [-5, -5], "max": [5, 5]},
            "sun": {"intensity": 0},
            "hotspots": [{**door, "action": {"type": "scene", "scene": links[name]}}] if name in links else [],
        }
    manifest = {"format": 1, "title": text, "entryScene": next(iter(spheres)), "scenes": scenes}
    (folder / "showroom.json").write_text(json.dumps(manifest), "utf-8")
    return folder


@asynccontextmanager
async def hosting(folder: Path, budget_bytes: int) -> AsyncIterator[ShowroomHost]:
    """An open showroom that loads what is asked for."""
    package = open_package(folder)
    with RenderLoop(lambda: GlRenderer(GlContext.open("software"), PixelFormat.RGBA), Nobody()) as render_loop:
        gpu = GpuScenes(render_loop, SceneResidency(budget_bytes))
        host = ShowroomHost(package, gpu, DerivedCache(folder / "cache"))
        async with asyncio.timeout(WAIT_S), asyncio.TaskGroup() as group:
            await host.open(lambda _done: None)
            running = group.create_task(host.run())
            try:
                yield host
            finally:
                running.cancel()
                await asyncio.wait([running])
                await host.close()


def silent(_done: float) -> None: ...


async def size_of(folder: Path, name: str) -> int:
    """What a scene takes, by loading it where there is room for all."""
    async with hosting(folder, 2**40) as host:
        lease = await host.reach(name, silent)
        lease.leave()
        return host.residency.sizes()[name]


async def test_the_nearest_scenes_are_loaded_ahead_and_then_entered_at_once(tmp_path: Path) -> None:
    folder = write_showroom(tmp_path, {"hall": "lounge", "lounge": "vault"}, hall=1, vault=1, lounge=1, attic=1)
    assert nearest_first(open_package(folder).showroom) == ["lounge", "vault", "attic"]
    progress: list[float] = []
    async with hosting(folder, 2**40) as host:
        assert host.enter("vault") is None, "the showroom is open with its entry scene"
        lease = await host.reach("vault", progress.append)
        assert lease.scene.name == "vault"
        again = host.enter("vault")
        assert again is not None
        assert again.scene is lease.scene
        for one in (lease, again):
            one.leave()
    assert progress == sorted(progress)
    assert progress[-1] == 1.0


async def test_those_who_want_the_same_scene_share_its_loading(tmp_path: Path) -> None:
    folder = write_showroom(tmp_path, {}, hall=SMALL, vault=LARGE)
    async with hosting(folder, 2**40) as host:
        results: list[str] = []
        host.loads = lambda result, _seconds: results.append(result)
        leases = await asyncio.gather(*(host.reach("vault", silent) for _ in range(3)))
        assert len({id(lease.scene) for lease in leases}) == 1
        assert results == ["loaded"]
        for lease in leases:
            lease.leave()


async def test_the_scene_that_was_left_longest_ago_makes_room_and_comes_back_when_wanted(tmp_path: Path) -> None:
    folder = write_showroom(tmp_path, {}, hall=SMALL, vault=LARGE, attic=LARGE)
    budget_bytes = round(1.5 * await size_of(folder, "vault"))
    async with hosting(folder, budget_bytes) as host:
        gone: list[None] = []
        host._gpu.evictions = lambda: gone.append(None)
        for name in ("vault", "attic", "vault"):
            lease = await host.reach(name, silent)
            assert host.residency.used_bytes <= budget_bytes
            assert set(host.residency.sizes()) == {"hall", name}
            lease.leave()
        assert len(gone) == 2


async def test_a_scene_that_does_not_fit_beside_those_in_use_is_refused_with_the_figures(tmp_path: Path) -> None:
    folder = write_showroom(tmp_path, {}, hall=SMALL, vault=LARGE, attic=LARGE)
    budget_bytes = round(1.5 * await size_of(folder, "vault"))
    async with hosting(folder, budget_bytes) as host:
        inside = await host.reach("vault", silent)
        with pytest.raises(SceneTooLarge, match=r"'attic' needs about .* MiB can't be freed now \('hall' .*, 'vault'"):
            await host.reach("attic", silent)
        inside.leave()
        (await host.reach("attic", silent)).leave()


async def test_a_broken_scene_is_told_to_who_wants_it_and_harms_nobody(tmp_path: Path) -> None:
    folder = write_showroom(tmp_path, {}, hall=SMALL, vault=SMALL, attic=SMALL)
    (folder / "vault.glb").write_bytes(b"glTF and no more")
    async with hosting(folder, 2**40) as host:
        with pytest.raises(EdgeRenderError, match=r"vault\.glb"):
            await host.reach("vault", silent)
        lease = await host.reach("attic", silent)
        assert lease.scene.name == "attic"
        lease.leave()


async def test_what_can_not_be_loaded_is_not_read_again_for_each_who_asks(tmp_path: Path) -> None:
    folder = write_showroom(tmp_path, {}, hall=SMALL, vault=LARGE, attic=LARGE, broken=SMALL)
    (folder / "broken.glb").write_bytes(b"glTF and no more")
    budget_bytes = round(1.5 * await size_of(folder, "vault"))
    async with hosting(folder, budget_bytes) as host:
        read: list[str] = []
        host.loads = lambda result, _seconds: read.append(result)
        inside = await host.reach("vault", silent)
        for _ in range(3):
            with pytest.raises(SceneTooLarge, match="'attic' needs about"):
                await host.reach("attic", silent)
            with pytest.raises(EdgeRenderError, match=r"broken\.glb"):
                await host.reach("broken", silent)
        assert sorted(read) == ["failed", "loaded", "refused"]
        inside.leave()
        (await host.reach("attic", silent)).leave()


async def test_who_goes_elsewhere_while_waiting_holds_nothing(tmp_path: Path) -> None:
    folder = write_showroom(tmp_path, {}, hall=SMALL, vault=LARGE)
    async with hosting(folder, 2**40) as host:
        begun = asyncio.Event()
        waiting = asyncio.create_task(host.reach("vault", lambda _done: begun.set()))
        await begun.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        lease = await host.reach("vault", silent)
        lease.leave()
        nearly_all = Room(host.residency.budget_bytes - host.residency.sizes()["hall"])
        host.residency.check("other", nearly_all)  # nobody is in the vault any more, so that it may go


async def test_a_host_that_is_closed_lets_those_who_wait_go(tmp_path: Path) -> None:
    folder = write_showroom(tmp_path, {}, hall=SMALL, vault=LARGE)
    async with hosting(folder, 2**40) as host:
        waiting = asyncio.create_task(host.reach("vault", silent))
        await asyncio.sleep(0)
    with pytest.raises((asyncio.CancelledError, RendererError)):
        await waiting


class Traveller:
    """Notes what becomes of journeys."""

    def __init__(self, host: ShowroomHost) -> None:
        self.events: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self.leases: list[SceneLease] = []
        self.travel = Travel(host, self.progress, lambda _destination: False, self.arrive, self.fail)

    def progress(self, destination: Destination, done: float) -> None:
        if done == 0.0:
            self.events.put_nowait(("sets out", destination.scene))

    def arrive(self, destination: Destination, lease: SceneLease) -> None:
        self.leases.append(lease)
        self.events.put_nowait(("arrives", lease.scene.name))

    def fail(self, destination: Destination, error: Exception) -> None:
        self.events.put_nowait(("stays", destination.scene))


def anywhere(_scene: HostedScene) -> Place:
    return Place((0.0, 1.6, 0.0), 0.0, 0.0)


async def test_a_new_destination_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    folder = write_showroom(tmp_path, {}, hall=SMALL, vault=LARGE, attic=LARGE, broken=SMALL)
    (folder / "broken.glb").write_bytes(b"nothing")
    async with hosting(folder, 2**40) as host, asyncio.TaskGroup() as group:
        traveller = Traveller(host)
        running = group.create_task(traveller.travel.run())
        for scene in ("vault", "attic"):
            traveller.travel.go(Destination(scene, anywhere))
        assert [await traveller.events.get() for _ in range(3)] == [
            ("sets out", "vault"),
            ("sets out", "attic"),
            ("arrives", "attic"),
        ]
        traveller.travel.go(Destination("hall", anywhere))
        assert await traveller.events.get() == ("arrives", "hall"), "at once, as it is loaded"
        traveller.travel.go(Destination("broken", anywhere))
        assert [await traveller.events.get() for _ in range(2)] == [("sets out", "broken"), ("stays", "broken")]
        running.cancel()
        for lease in traveller.leases:
            lease.leave()

"""What is heard of pods from a real Kubernetes API server, also when it restarts and forgets."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bench.cluster.control_plane import ControlPlane
from control.kube import kubernetes_api
from control.kube.cluster import Changed, ClusterEvent, Component, Gone, Listed, Member, Unreachable
from control.kube.errors import ApiRefused, ClusterError
from control.kube.kubernetes_api import connect
from control.kube.kubernetes_cluster import KubernetesCluster
from tests.control.kube.pod_factory import PodFactory

pytestmark = pytest.mark.cluster

Events = AsyncGenerator[ClusterEvent, None]


@pytest.fixture
def pods(api_server: ControlPlane, namespace: str) -> PodFactory:
    return PodFactory(api_server, namespace)


@asynccontextmanager
async def watching(pods: PodFactory, component: Component = Component.RENDERER) -> AsyncIterator[Events]:
    async with (
        connect(pods.plane.kubeconfig, pods.namespace) as api,
        aclosing(KubernetesCluster(api).watch(component)) as events,
    ):
        yield events


async def next_of(events: Events) -> ClusterEvent:
    async with asyncio.timeout(60):
        return await anext(events)


def uids(event: ClusterEvent) -> set[str]:
    assert isinstance(event, Listed)
    return {member.uid for member in event.members}


async def test_pods_of_the_component_are_listed_and_then_watched(pods: PodFactory) -> None:
    one = pods.make("one", address="10.0.0.1")
    pods.make("no-address-yet", address=None)
    pods.make("gateway", component="gateway", address="10.0.0.9")

    async with watching(pods) as events:
        assert await next_of(events) == Listed((Member(one, "one", "http://10.0.0.1:8080"),))

        two = pods.make("two", address="10.0.0.2")
        assert await next_of(events) == Changed(Member(two, "two", "http://10.0.0.2:8080"))
        pods.give_address("no-address-yet", "10.0.0.3")
        changed = await next_of(events)
        assert isinstance(changed, Changed)
        assert changed.member.url == "http://10.0.0.3:8080"
        pods.remove("one")
        assert await next_of(events) == Changed(Member(one, "one", "http://10.0.0.1:8080", leaving=True))
        assert await next_of(events) == Gone(one)


async def test_lists_come_in_pages(pods: PodFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes_api, "PAGE", 2)
    made = {pods.make(f"pod-{number}", address=f"10.0.0.{number + 1}") for number in range(5)}

    async with watching(pods) as events:
        assert uids(await next_of(events)) == made


async def test_a_watch_that_the_server_ends_goes_on_from_where_it_was(
    pods: PodFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_api, "WATCH_S", 1)
    async with watching(pods) as events:
        await next_of(events)
        following = asyncio.create_task(next_of(events))
        done, _ = await asyncio.wait([following], timeout=3)  # two watches end meanwhile, and nobody hears of it
        assert not done

        late = pods.make("late")

        assert await following == Changed(Member(late, "late", "http://10.0.0.1:8080"))


async def test_an_outage_is_told_and_when_it_is_over_all_are_listed(pods: PodFactory) -> None:
    one = pods.make("one")
    async with watching(pods) as events:
        assert uids(await next_of(events)) == {one}

        await asyncio.to_thread(pods.plane.stop_api_server, at_once=True)
        try:
            told = await next_of(events)
            assert isinstance(told, Unreachable)
            assert "does not answer" in told.why
        finally:
            await asyncio.to_thread(pods.plane.start_api_server)
        two = pods.make("two", address="10.0.0.2")

        seen: set[str] = set()
        while seen != {one, two}:
            match await next_of(events):
                case Listed(members):
                    seen = {member.uid for member in members}
                case Changed(member):
                    seen.add(member.uid)


async def test_what_was_missed_for_too_long_is_listed_again(pods: PodFactory) -> None:
    one = pods.make("one")
    async with watching(pods) as events:
        assert uids(await next_of(events)) == {one}
        # Nobody reads the watch now. The server forgets what was when it restarts, and its database when told to.
        two = await asyncio.to_thread(_miss_a_lot, pods)

        event = await next_of(events)
        while isinstance(event, Unreachable):
            event = await next_of(events)

        assert uids(event) == {two}


def _miss_a_lot(pods: PodFactory) -> str:
    pods.plane.stop_api_server(at_once=True)
    pods.plane.start_api_server()
    pods.remove("one")
    two = pods.make("two", address="10.0.0.2")
    _compact(pods)
    pods.plane.restart_api_server()
    return two


def _compact(pods: PodFactory) -> None:
    """Have etcd forget all that was before now."""
    revision = pods.get("two")["metadata"]["resourceVersion"]
    host = urlsplit(pods.plane.url).hostname
    request = urllib.request.Request(
        f"http://{host}:2379/v3/kv/compaction",
        data=json.dumps({"revision": revision, "physical": True}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        response.read()


async def test_the_server_itself_says_that_a_version_is_too_old(pods: PodFactory) -> None:
    pods.make("two")
    await asyncio.to_thread(_compact, pods)
    await asyncio.to_thread(pods.plane.restart_api_server)

    async with connect(pods.plane.kubeconfig, pods.namespace) as api:
        with pytest.raises(ApiRefused) as refused:
            async with aclosing(api.watch_pods("app.kubernetes.io/name=edge-render", "1")) as watched:
                await anext(watched)

    assert refused.value.expired


async def test_a_deletion_cost_is_put_on_the_pod_and_seen_by_all(pods: PodFactory) -> None:
    pods.make("one")
    async with watching(pods) as events, connect(pods.plane.kubeconfig, pods.namespace) as api:
        listed = await next_of(events)
        assert isinstance(listed, Listed)
        (member,) = listed.members

        await KubernetesCluster(api).set_deletion_cost(member, 7)

        changed = await next_of(events)
        assert isinstance(changed, Changed)
        assert changed.member.deletion_cost == 7
        assert pods.get("one")["metadata"]["annotations"] == {"controller.kubernetes.io/pod-deletion-cost": "7"}


async def test_a_pod_that_is_gone_needs_no_deletion_cost_nor_gets_its_successor_it(pods: PodFactory) -> None:
    async with connect(pods.plane.kubeconfig, pods.namespace) as api:
        cluster = KubernetesCluster(api)
        await cluster.set_deletion_cost(Member("gone", "one", ""), 7)
        pods.make("one")

        await cluster.set_deletion_cost(Member("gone", "one", ""), 7)

    assert "annotations" not in pods.get("one")["metadata"]


def _account(pods: PodFactory, verbs: str) -> Path:
    """The kubeconfig of a service account that may do so much with pods."""
    create = ("create", "-n", pods.namespace)
    pods.plane.kubectl(*create, "serviceaccount", "gateway")
    if verbs:
        pods.plane.kubectl(*create, "role", "gateway", f"--verb={verbs}", "--resource=pods")
        account = f"--serviceaccount={pods.namespace}:gateway"
        pods.plane.kubectl(*create, "rolebinding", "gateway", "--role=gateway", account)
    return pods.plane.service_account_kubeconfig(pods.namespace, "gateway")


async def test_a_missing_right_is_named(pods: PodFactory) -> None:
    kubeconfig = _account(pods, "")
    async with (
        connect(kubeconfig) as api,
        aclosing(KubernetesCluster(api).watch(Component.RENDERER)) as events,
    ):
        told = await next_of(events)

        assert isinstance(told, Unreachable)
        for word in ("403", "gateway", "cannot list", "pods", "Role"):
            assert word in told.why
        with pytest.raises(ClusterError, match="cannot patch"):
            await KubernetesCluster(api).set_deletion_cost(Member("u", "one", ""), 1)


async def test_a_right_that_is_given_later_is_used(pods: PodFactory) -> None:
    one = pods.make("one")
    kubeconfig = _account(pods, "list")
    async with connect(kubeconfig) as api, aclosing(KubernetesCluster(api).watch(Component.RENDERER)) as events:
        assert uids(await next_of(events)) == {one}
        told = await next_of(events)
        assert isinstance(told, Unreachable)
        assert "cannot watch" in told.why

        pods.plane.kubectl("delete", "role", "gateway", "-n", pods.namespace)
        pods.plane.kubectl(
            "create", "role", "gateway", "-n", pods.namespace, "--verb=list,watch,patch", "--resource=pods"
        )

        made: set[str] = set()
        while not isinstance(event := await next_of(events), Changed):
            if isinstance(event, Listed):
                made.add(pods.make(f"late-{len(made)}"))
        assert event.member.uid in made


async def test_a_pod_finds_the_server_by_its_service_account_and_reads_its_token_anew(
    pods: PodFactory, tmp_path: Path
) -> None:
    _account(pods, "list,watch")
    server = urlsplit(pods.plane.url)
    environ = {"KUBERNETES_SERVICE_HOST": str(server.hostname), "KUBERNETES_SERVICE_PORT": str(server.port)}
    (tmp_path / "ca.crt").write_bytes(pods.plane.authority_file.read_bytes())
    (tmp_path / "namespace").write_text(pods.namespace)
    (tmp_path / "token").write_text("expired")
    one = pods.make("one")

    async with connect(service_account=tmp_path, environ=environ) as api:
        with pytest.raises(ApiRefused, match="401"):
            await api.list_pods("")
        (tmp_path / "token").write_text(pods.plane.service_account_token(pods.namespace, "gateway"))
        listed, _ = await api.list_pods("")

    assert [pod["metadata"]["uid"] for pod in listed] == [one]


async def test_where_there_is_no_cluster_it_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="service account of this pod"):
        async with connect(service_account=tmp_path, environ={}):
            pass
    (tmp_path / "broken").write_text("{")
    for name in ("broken", "missing"):
        with pytest.raises(ClusterError, match=f"kubeconfig .*{name}"):
            async with connect(tmp_path / name):
                pass

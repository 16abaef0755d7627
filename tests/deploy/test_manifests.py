"""What all that is installed has to be like: as little as it needs to run with, and options that its commands have."""

from __future__ import annotations

import re
from itertools import chain

import pytest
from pydantic_settings import BaseSettings

from control.commands.admin_command import AdminCommand
from control.commands.gateway_command import GatewayCommand
from control.commands.serve_commands import DemoCommand, NodeCommand
from tests.deploy.installation import Container, Manifest, containers, rendered

SETTINGS: dict[str, type[BaseSettings]] = {
    "admin": AdminCommand,
    "demo": DemoCommand,
    "gateway": GatewayCommand,
    "node": NodeCommand,
}
IN_PLACE = {
    "metadata.uid": "5c2e6a51-7d2e-4a43-8c1b-0d5f7d1f0a01",
    "metadata.name": "edge-render-renderer-0",
    "status.hostIP": "192.0.2.7",
    "status.hostIPs": "192.0.2.7,2001:db8::7",
    "status.podIP": "198.51.100.7",
}
"""What the downward API would say."""
SECRETS = {
    "EDGE_RENDER_ADMIN_DATABASE_URL": "postgresql+psycopg://admin:secret@database/edge_render",
    "EDGE_RENDER_ADMIN_BLOB_URL": "s3://bucket/prefix",
}
"""Secrets of which not every text will do."""
NAMELESS = {"Namespace", "PriorityClass"}
"""Kinds that are in no namespace."""


def options_of(container: Container) -> BaseSettings:
    """The command's options, read from the variables that it would have."""
    given = dict(container.config)
    for name, source in container.references.items():
        if "fieldRef" in source:
            given[name] = IN_PLACE[source["fieldRef"]["fieldPath"]]
        else:
            given[name] = SECRETS.get(name, "a secret that is long enough")
    with pytest.MonkeyPatch.context() as variables:
        for name, value in given.items():
            variables.setenv(name, value)
        return SETTINGS[container.command]()


def test_no_container_can_do_more_than_it_needs(manifests: tuple[Manifest, ...]) -> None:
    for container in containers(manifests):
        pod = container.pod["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True, container
        assert pod["securityContext"]["runAsUser"] > 0, container
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, container
        context = container.spec["securityContext"]
        assert context["allowPrivilegeEscalation"] is False, container
        assert context["readOnlyRootFilesystem"] is True, container
        assert context["capabilities"] == {"drop": ["ALL"]}, container
        volumes = {kind for volume in pod.get("volumes", []) for kind in volume if kind != "name"}
        assert volumes <= {"emptyDir", "secret", "configMap", "persistentVolumeClaim"}, container


def test_only_gateways_and_the_job_that_makes_their_key_reach_the_api_server(manifests: tuple[Manifest, ...]) -> None:
    rights = {one["metadata"]["name"]: one["rules"] for one in manifests if one["kind"] == "Role"}
    assert not any(one["kind"].startswith("ClusterRole") for one in manifests)
    assert set(rights) <= {"edge-render-gateway", "edge-render-signing-key"}
    for name, rules in rights.items():
        (rule,) = rules
        may = {"edge-render-gateway": ("pods", {"list", "watch", "patch"})}.get(name, ("secrets", {"create"}))
        assert (rule["apiGroups"], rule["resources"], set(rule["verbs"])) == ([""], [may[0]], may[1])
    for container in containers(manifests):
        account = container.pod["spec"].get("serviceAccountName")
        assert account in rights or container.pod["spec"]["automountServiceAccountToken"] is False, container


def test_each_container_says_what_it_needs_and_how_it_is(manifests: tuple[Manifest, ...]) -> None:
    for container in containers(manifests):
        assert set(container.spec["resources"]["requests"]) >= {"cpu", "memory"}, container
        assert "memory" in container.spec["resources"]["limits"], container
        assert "cpu" not in container.spec["resources"]["limits"], f"{container}: throttling delays what is live"
        if container.workload["kind"] != "Job":
            assert {"livenessProbe", "readinessProbe"} <= set(container.spec), container


def test_images_are_pinned_and_started_by_their_entry_point(manifests: tuple[Manifest, ...]) -> None:
    for container in containers(manifests):
        assert re.search(r":(?!latest$)[\w.-]+$|@sha256:[0-9a-f]{64}$", container.spec["image"]), container
        assert "command" not in container.spec, f"{container}: tini would be left out"


def test_what_kubernetes_says_of_services_is_not_taken_for_options(manifests: tuple[Manifest, ...]) -> None:
    for container in containers(manifests):
        assert container.pod["spec"]["enableServiceLinks"] is False, container


def test_each_variable_is_an_option_that_its_command_has(manifests: tuple[Manifest, ...]) -> None:
    for container in containers(manifests):
        ours = {name for name in (*container.config, *container.references) if name.startswith("EDGE_RENDER_")}
        if container.command not in SETTINGS:
            assert not ours, container
            continue
        model = SETTINGS[container.command]
        prefix = str(model.model_config["env_prefix"])
        assert ours <= {prefix + field.upper() for field in model.model_fields}, container
        options_of(container)


def test_ports_and_folders_are_those_of_the_options(manifests: tuple[Manifest, ...]) -> None:
    for container in containers(manifests):
        if container.command not in SETTINGS:
            continue
        options = options_of(container)
        assert container.port("http") == getattr(options, "port"), container  # noqa: B009 (of three models)
        if isinstance(options, DemoCommand | NodeCommand):
            assert container.port("media") == options.media_port, container
        mounts = [mount["mountPath"] for mount in container.spec["volumeMounts"]]
        for name, value in container.config.items():
            if value.startswith("/"):
                assert any(value == mount or value.startswith(mount + "/") for mount in mounts), (container, name)


def test_secrets_are_only_named(manifests: tuple[Manifest, ...]) -> None:
    assert not any(one["kind"] == "Secret" for one in manifests)
    for container in containers(manifests):
        if container.command not in SETTINGS:
            continue
        model = SETTINGS[container.command]
        for name in container.config:
            field = model.model_fields.get(name.removeprefix(str(model.model_config["env_prefix"])).lower())
            assert field is None or "SecretStr" not in repr(field.annotation), (container, name)


def test_all_is_labelled_and_in_one_namespace(manifests: tuple[Manifest, ...]) -> None:
    for one in manifests:
        where = (one["kind"], one["metadata"]["name"])
        labels = one["metadata"].get("labels", {})
        assert labels.get("app.kubernetes.io/part-of") == "edge-render", where
        assert one["kind"] in NAMELESS or one["metadata"]["namespace"] == "edge-render", where
    for container in containers(manifests):
        labels = container.pod["metadata"]["labels"]
        assert labels["app.kubernetes.io/name"] == "edge-render", container
        component = labels["app.kubernetes.io/component"]
        assert component == container.workload["metadata"]["labels"]["app.kubernetes.io/component"], container


def test_selectors_find_the_pods_that_they_mean(manifests: tuple[Manifest, ...]) -> None:
    pods = [one.pod["metadata"]["labels"] for one in containers(manifests)]
    for one in manifests:
        match one["kind"]:
            case "Service":
                wanted = one["spec"]["selector"]
            case "Deployment" | "PodDisruptionBudget":
                wanted = one["spec"]["selector"]["matchLabels"]
            case "NetworkPolicy":
                wanted = one["spec"]["podSelector"].get("matchLabels", {})
            case _:
                continue
        assert any(wanted.items() <= labels.items() for labels in pods), (one["kind"], one["metadata"]["name"])


def test_nobody_is_let_in_or_out_but_by_a_policy(manifests: tuple[Manifest, ...]) -> None:
    policies = [one for one in manifests if one["kind"] == "NetworkPolicy"]
    if not any(containers(manifests)):
        return
    assert {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} in [one["spec"] for one in policies]
    for container in containers(manifests):
        labels = container.pod["metadata"]["labels"]
        own = [one["spec"] for one in policies if one["spec"]["podSelector"].get("matchLabels")]
        named = [spec for spec in own if spec["podSelector"]["matchLabels"].items() <= labels.items()]
        names = {port["containerPort"]: port["name"] for port in container.spec.get("ports", [])}
        opened = {
            names.get(port["port"], port["port"])
            for spec in named
            for rule in spec.get("ingress", [])
            for port in rule["ports"]
        }
        assert opened >= {port["name"] for port in container.spec.get("ports", [])}, container


@pytest.mark.parametrize("overlay", ["edge-cpu", "edge-gpu"])
def test_a_renderer_has_the_time_to_hand_over_its_visits(kubectl: str, overlay: str) -> None:
    manifests = rendered(kubectl, f"overlays/{overlay}")
    (renderer,) = (one for one in containers(manifests) if one.spec["name"] == "renderer")
    wait_s, hand_over_s = (float(renderer.config[f"EDGE_RENDER_{name}_S"]) for name in ("DRAIN_WAIT", "HAND_OVER"))
    grace_s = renderer.pod["spec"]["terminationGracePeriodSeconds"]
    assert grace_s >= wait_s + hand_over_s + 10
    assert renderer.workload["spec"]["progressDeadlineSeconds"] > grace_s


@pytest.mark.parametrize("overlay", ["edge-cpu", "edge-gpu"])
def test_a_renderer_that_needs_the_port_of_another_does_not_wait_for_ever(kubectl: str, overlay: str) -> None:
    """With a surplus of pods the new one would come first, and find the port or the GPU taken."""
    manifests = rendered(kubectl, f"overlays/{overlay}")
    (renderer,) = (one for one in containers(manifests) if one.spec["name"] == "renderer")
    assert any("hostPort" in port for port in renderer.spec["ports"])
    assert renderer.workload["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}


def test_renderers_get_the_public_half_of_the_key_and_gateways_the_private_one(kubectl: str) -> None:
    given = {
        one.spec["name"]: set(chain.from_iterable(_items(volume) for volume in one.pod["spec"]["volumes"]))
        for one in containers(rendered(kubectl, "overlays/edge-cpu"))
    }
    assert given == {"gateway": {"private.jwk"}, "renderer": {"public.jwks"}, "signing-key": set()}


def _items(volume: Manifest) -> list[str]:
    return [item["key"] for item in volume.get("secret", {}).get("items", [])]

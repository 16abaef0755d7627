"""A container's variables, as Kubernetes makes them of a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.cluster.container_environment import UnknownReference, container_variables, expand_arguments, field_value

POD: dict[str, Any] = {
    "metadata": {"name": "one", "uid": "u-1", "labels": {"zone": "north"}},
    "status": {"podIP": "127.1.0.2", "hostIPs": [{"ip": "127.1.0.1"}, {"ip": "::1"}]},
}
DATA = {("ConfigMap", "options"): {"SIZE": "12", "COLOUR": "blue"}, ("Secret", "words"): {"first": "open"}}


def variables(container: dict[str, Any], mounts: dict[str, Path] | None = None) -> dict[str, str]:
    return container_variables(POD, container, lambda kind, name: DATA.get((kind, name)), mounts or {})


def test_its_own_variables_win_over_those_of_a_whole_config_map() -> None:
    container = {
        "envFrom": [{"configMapRef": {"name": "options"}}],
        "env": [{"name": "SIZE", "value": "20"}, {"name": "BOTH", "value": "$(SIZE)x$(COLOUR) $(UNKNOWN)"}],
    }
    assert variables(container) == {"SIZE": "20", "COLOUR": "blue", "BOTH": "20xblue $(UNKNOWN)"}


def test_paths_below_a_mount_are_those_of_the_folder_that_stands_for_it() -> None:
    mounts = {"/etc/keys": Path("/pods/1/keys"), "/etc/keys/deep": Path("/pods/1/deep")}
    container = {
        "env": [
            {"name": "KEY", "value": "/etc/keys/private"},
            {"name": "DEEP", "value": "/etc/keys/deep/one"},
            {"name": "OTHER", "value": "/etc/keyshop"},
        ]
    }
    assert variables(container, mounts) == {
        "KEY": "/pods/1/keys/private",
        "DEEP": "/pods/1/deep/one",
        "OTHER": "/etc/keyshop",
    }


def test_what_is_optional_may_be_missing_and_all_else_may_not() -> None:
    optional = {"name": "WORD", "valueFrom": {"secretKeyRef": {"name": "none", "key": "word", "optional": True}}}
    assert variables({"env": [optional]}) == {}
    needed = {"name": "WORD", "valueFrom": {"secretKeyRef": {"name": "words", "key": "second"}}}
    with pytest.raises(UnknownReference, match="Secret words has no second"):
        variables({"env": [needed]})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.uid", "u-1"),
        ("metadata.labels['zone']", "north"),
        ("status.podIP", "127.1.0.2"),
        ("status.hostIPs", "127.1.0.1,::1"),
    ],
)
def test_fields_of_the_pod_are_told_by_the_downward_api(path: str, value: str) -> None:
    assert field_value(POD, path) == value


def test_arguments_know_the_variables() -> None:
    assert expand_arguments({"command": ["serve"], "args": ["--size=$(SIZE)"]}, {"SIZE": "3"}) == ["serve", "--size=3"]

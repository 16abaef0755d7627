"""Members that options name."""

from __future__ import annotations

import pytest

from control.kube.cluster import Component, Listed, Member
from control.kube.errors import ClusterError
from control.kube.static_cluster import StaticCluster, static_member


async def test_it_says_who_is_there() -> None:
    renderer = static_member("node-1=http://10.0.0.1:8080/")
    cluster = StaticCluster([renderer])

    events = [await anext(cluster.watch(component)) for component in (Component.RENDERER, Component.GATEWAY)]

    assert events == [Listed((Member("node-1", "node-1", "http://10.0.0.1:8080"),)), Listed(())]


@pytest.mark.parametrize("text", ["", "node-1", "http://10.0.0.1:8080", "a=10.0.0.1:8080", "=http://a", "a=ftp://b"])
def test_what_is_no_member_is_said(text: str) -> None:
    with pytest.raises(ClusterError, match="NAME=http"):
        static_member(text)

"""``edge-render demo`` and ``edge-render node``: serving a showroom. Options are those of NodeSettings."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import CliApp, SettingsConfigDict

from control.commands.option_errors import tell_wrong_options
from control.errors import ControlError, StartError
from control.log_format import configure_logging
from control.node.edge_node import EdgeNode
from control.node.edge_parts import guide_parts, network_settings, peer_maker, renderer_maker
from control.node.follow_settings import FollowSettings
from control.node.server import StopFor, serve
from control.node.site_following import SiteFollowing
from control.settings import NodeSettings
from control.sync.site_content import open_site_content
from edge_render.errors import EdgeRenderError
from edge_render.package import Package, open_package
from stream import open_network
from stream.errors import StreamError


class DemoCommand(NodeSettings):
    """Serve the demo showroom that edge-render makes by itself."""

    model_config = SettingsConfigDict(
        cli_kebab_case=True, cli_prog_name="edge-render demo", cli_hide_none_type=True, cli_implicit_flags=True
    )


class NodeCommand(NodeSettings, FollowSettings):
    """Serve a showroom package (--package), or what the cloud admin orders for a site (--admin-url)."""

    model_config = SettingsConfigDict(
        cli_kebab_case=True, cli_prog_name="edge-render node", cli_hide_none_type=True, cli_implicit_flags=True
    )


Command = TypeVar("Command", bound=NodeSettings)


def run_demo(arguments: list[str]) -> int:
    """Serve until a signal comes; returns the exit status."""
    return _run(DemoCommand, _demo, arguments)


def run_node(arguments: list[str]) -> int:
    """Serve until a signal comes; returns the exit status."""
    return _run(NodeCommand, _node, arguments)


def _run(command: type[Command], serve_with: Callable[[Command], None], arguments: list[str]) -> int:
    try:
        settings = CliApp.run(command, cli_args=arguments)
    except ValidationError as error:
        tell_wrong_options(error, "edge-render: --")
        return 2
    configure_logging()
    try:
        serve_with(settings)
    except (EdgeRenderError, StreamError, ControlError) as error:
        sys.stderr.write(f"edge-render: {error}\n")
        return 1
    return 0


def _demo(settings: NodeSettings) -> None:
    from edge_render.demo import build_demo

    with TemporaryDirectory(prefix="edge-render-demo-") as folder:
        sys.stderr.write("edge-render: building the demo showroom\n")
        _serve(settings, build_demo(Path(folder)))


def _node(settings: NodeCommand) -> None:
    if settings.package is not None and settings.admin_url is not None:
        raise StartError("give --package or --admin-url, not both: a node shows one folder, or what a site is ordered")
    if settings.package is not None:
        _serve(settings, open_package(settings.package))
    elif settings.admin_url is not None:
        config = settings.follow_config()
        with open_site_content(config) as content:
            _serve(settings, None, SiteFollowing(config, content))
    else:
        raise StartError(
            "nothing to serve: give --package FOLDER, a folder with showroom.json, or --admin-url URL to follow a site"
        )


def _serve(settings: NodeSettings, package: Package | None, following: SiteFollowing | None = None) -> None:
    renderer = renderer_maker(settings)
    with open_network(network_settings(settings)) as network:
        peer, guides = peer_maker(settings, network), guide_parts(settings, network)

        def make_node(stop_for: StopFor) -> EdgeNode:
            node = EdgeNode(settings, package, renderer, peer, stop_for, guides, following)
            node.metrics.media_port.watch(network)
            return node

        serve(settings, make_node)

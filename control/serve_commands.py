"""``edge-render demo`` and ``edge-render node``: serving a showroom. Options are those of NodeSettings."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import ValidationError
from pydantic_settings import CliApp, SettingsConfigDict

from control.edge_node import EdgeNode
from control.edge_parts import guide_parts, peer_maker, renderer_maker
from control.errors import ControlError
from control.log_format import configure_logging
from control.server import serve
from control.settings import NodeSettings
from edge_render.errors import EdgeRenderError
from edge_render.package import Package, open_package
from stream.errors import StreamError


class DemoCommand(NodeSettings):
    """Serve the demo showroom that edge-render makes by itself."""

    model_config = SettingsConfigDict(cli_kebab_case=True, cli_prog_name="edge-render demo", cli_hide_none_type=True)


class NodeCommand(NodeSettings):
    """Serve a showroom package."""

    model_config = SettingsConfigDict(cli_kebab_case=True, cli_prog_name="edge-render node", cli_hide_none_type=True)


def run_demo(arguments: list[str]) -> int:
    """Serve until a signal comes; returns the exit status."""
    return _run(DemoCommand, _demo, arguments)


def run_node(arguments: list[str]) -> int:
    """Serve until a signal comes; returns the exit status."""
    return _run(NodeCommand, _node, arguments)


def _run(command: type[NodeSettings], serve_with: Callable[[NodeSettings], None], arguments: list[str]) -> int:
    try:
        settings = CliApp.run(command, cli_args=arguments)
    except ValidationError as error:
        for item in error.errors(include_url=False, include_context=False, include_input=False):
            name = "-".join(str(part) for part in item["loc"]).replace("_", "-")
            sys.stderr.write(f"edge-render: --{name}: {item['msg']}\n")
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


def _node(settings: NodeSettings) -> None:
    if settings.package is None:
        raise ControlError("no package to serve: give --package FOLDER, a folder with showroom.json")
    _serve(settings, open_package(settings.package))


def _serve(settings: NodeSettings, package: Package) -> None:
    serve(
        settings,
        lambda stop_for: EdgeNode(
            settings, package, renderer_maker(settings), peer_maker(settings), stop_for, guide_parts(settings)
        ),
    )

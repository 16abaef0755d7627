"""The command line: ``edge-render demo`` and ``edge-render node``. Options are those of NodeSettings."""

from __future__ import annotations

import sys
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

USAGE = """usage: edge-render COMMAND [--option value ...]

  demo    serve the demo showroom
  node    serve a showroom package (--package FOLDER)

`edge-render COMMAND --help` lists the options; each has a variable EDGE_RENDER_... as well.
"""


class DemoCommand(NodeSettings):
    """Serve the demo showroom that edge-render makes by itself."""

    model_config = SettingsConfigDict(
        env_prefix="EDGE_RENDER_", cli_kebab_case=True, cli_prog_name="edge-render demo", cli_hide_none_type=True
    )


class NodeCommand(NodeSettings):
    """Serve a showroom package."""

    model_config = SettingsConfigDict(
        env_prefix="EDGE_RENDER_", cli_kebab_case=True, cli_prog_name="edge-render node", cli_hide_none_type=True
    )


_COMMANDS: dict[str, type[NodeSettings]] = {"demo": DemoCommand, "node": NodeCommand}


def main(arguments: list[str] | None = None) -> None:
    """Run a command; ends the process with a message and status 1 or 2 where it can't."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0] in ("-h", "--help") or arguments[0] not in _COMMANDS:
        asked = bool(arguments) and arguments[0] in ("-h", "--help")
        (sys.stdout if asked else sys.stderr).write(USAGE)
        raise SystemExit(0 if asked else 2)
    try:
        settings = CliApp.run(_COMMANDS[arguments[0]], cli_args=arguments[1:])
    except ValidationError as error:
        for item in error.errors(include_url=False, include_context=False, include_input=False):
            name = "-".join(str(part) for part in item["loc"]).replace("_", "-")
            sys.stderr.write(f"edge-render: --{name}: {item['msg']}\n")
        raise SystemExit(2) from None
    configure_logging()
    try:
        if arguments[0] == "demo":
            _demo(settings)
        else:
            _node(settings)
    except (EdgeRenderError, StreamError, ControlError) as error:
        sys.stderr.write(f"edge-render: {error}\n")
        raise SystemExit(1) from None


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

"""``edge-render gateway``: let visitors in to many renderers. Options are those of GatewaySettings."""

from __future__ import annotations

import sys

from pydantic import ValidationError
from pydantic_settings import CliApp, SettingsConfigDict

from control.commands.option_errors import tell_wrong_options
from control.errors import ControlError
from control.gateway.errors import GatewayStartError
from control.gateway.server import GatewayServer
from control.gateway.settings import GatewaySettings
from control.gateway.signer import read_signer
from control.kube.cluster import Cluster
from control.kube.errors import KubeError
from control.kube.static_cluster import StaticCluster
from control.log_format import configure_logging


class GatewayCommand(GatewaySettings):
    """Let visitors in to many renderers, which it finds by the Kubernetes API, or by --renderers.

    `edge-render gateway-keys --folder DIR` makes the key by which it signs."""

    model_config = SettingsConfigDict(
        cli_kebab_case=True, cli_prog_name="edge-render gateway", cli_hide_none_type=True, cli_implicit_flags=True
    )


def run_gateway(arguments: list[str]) -> int:
    """Serve until a signal comes; returns the exit status."""
    try:
        settings = CliApp.run(GatewayCommand, cli_args=arguments)
    except ValidationError as error:
        tell_wrong_options(error, "edge-render gateway: --")
        return 2
    configure_logging()
    try:
        signer, cluster = read_signer(settings.signing_key), _cluster(settings)
        sys.stderr.write(f"edge-render: gateway at http://{settings.host}:{settings.port}/\n")
        GatewayServer(settings, signer, cluster).run()
    except (ControlError, GatewayStartError, KubeError) as error:
        sys.stderr.write(f"edge-render: {error}\n")
        return 1
    return 0


def _cluster(settings: GatewaySettings) -> Cluster:
    if settings.renderers:
        return StaticCluster(settings.renderers, settings.peers)
    raise GatewayStartError(
        "give --renderers NAME=URL,… (the --fleet-name and the address of each renderer): this version finds none by "
        "itself"
    )

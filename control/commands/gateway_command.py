"""``edge-render gateway``: let visitors in to many renderers. Options are those of GatewaySettings."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from pydantic import ValidationError
from pydantic_settings import CliApp, SettingsConfigDict

from control.commands.option_errors import tell_wrong_options
from control.errors import ControlError
from control.gateway.errors import GatewayStartError
from control.gateway.server import GatewayServer
from control.gateway.settings import GatewaySettings
from control.gateway.signer import read_signer
from control.kube.cluster import Cluster
from control.kube.errors import ClusterError
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
        signer = read_signer(settings.signing_key)
        sys.stderr.write(f"edge-render: gateway at http://{settings.host}:{settings.port}/\n")
        GatewayServer(settings, signer, _cluster(settings)).run()
    except (ControlError, GatewayStartError) as error:
        sys.stderr.write(f"edge-render: {error}\n")
        return 1
    return 0


@asynccontextmanager
async def _cluster(settings: GatewaySettings) -> AsyncIterator[Cluster]:
    """Raises GatewayStartError where no Kubernetes can be found."""
    if settings.renderers:
        yield StaticCluster(settings.renderers, settings.peers)
        return
    # It takes a second and 70 MB to import.
    from control.kube.kubernetes_api import connect
    from control.kube.kubernetes_cluster import KubernetesCluster

    async with AsyncExitStack() as stack:
        try:
            api = await stack.enter_async_context(connect(settings.kubeconfig, settings.namespace))
        except ClusterError as error:
            raise GatewayStartError(
                f"{error} Without Kubernetes, say who there is by --renderers NAME=URL,…"
            ) from error
        yield KubernetesCluster(api)

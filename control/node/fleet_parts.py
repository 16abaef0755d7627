"""What a node has where it is one of many, entered through gateways."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Self

from control.errors import StartError
from control.node.draining import Draining
from control.node.edge_node import EdgeNode
from control.node.fleet_face import FleetFace
from control.node.gateway_keys import GatewayKeys
from control.node.pass_check import PassCheck


@dataclass(frozen=True, slots=True)
class FleetParts:
    """See the module."""

    passes: PassCheck
    face: FleetFace
    draining: Draining

    @classmethod
    def of(cls, node: EdgeNode) -> Self | None:
        """As the node's settings say; None where it stands alone. Raises StartError."""
        settings = node.settings
        if settings.gateway_keys is None:
            return None
        if settings.fleet_name is None:
            raise StartError("--gateway-keys needs --fleet-name too: passes are for one renderer, by its name")
        keys = GatewayKeys(settings.gateway_keys)

        def refused(code: str) -> None:
            node.metrics.passes_refused.labels(code).inc()

        def handed_over(result: str) -> None:
            node.metrics.hand_overs.labels(result).inc()

        def changed() -> None:
            face.changed()
            draining.look()

        face = FleetFace(node.fleet_state)
        draining = Draining(node.reception, face.changed, handed_over)
        node.changed = changed
        return cls(PassCheck(settings.fleet_name, keys, refused, time.time), face, draining)

"""Alerts, dashboard and autoscaling ask for figures that there are, and each alert says what to do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from control.gateway.metrics import GatewayMetrics
from tests.deploy.installation import K8S

ROOT = K8S.parents[1]
FOLDER = K8S / "overlays" / "observability"
ALERTS = [
    rule for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text())["spec"]["groups"] for rule in group["rules"]
]
NAME = re.compile(r"edge_render_\w+")
MADE_OF_PARTS = ("edge_render_outbound_rtp_", "edge_render_page_")
"""Families that the code names by a prefix and the standard's words."""


def asked_for() -> set[str]:
    """All metrics that anything in the manifests names."""
    components = K8S / "components"
    texts = [rule["expr"] for rule in ALERTS]
    dashboard = json.loads((FOLDER / "dashboard.json").read_text())
    texts += [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    texts.append((components / "autoscaling-prometheus-adapter" / "adapter-rules.yaml").read_text())
    keda = yaml.safe_load((components / "autoscaling-keda" / "scaled-object.yaml").read_text())
    texts += [trigger["metadata"]["query"] for trigger in keda["spec"]["triggers"]]
    return {name for text in texts for name in NAME.findall(text)}


def test_every_figure_is_one_that_the_code_makes_and_the_documentation_tells() -> None:
    told = "".join((ROOT / "docs" / name).read_text() for name in ("operations.md", "admin.md"))
    made = "".join(path.read_text() for path in sorted((ROOT / "control").rglob("*.py")))
    for name in sorted(asked_for()):
        family = re.sub(r"_(bucket|count|sum)$", "", name)
        if family.startswith(MADE_OF_PARTS):
            prefix = next(prefix for prefix in MADE_OF_PARTS if family.startswith(prefix))
            assert family.removeprefix(prefix) in told, name
        else:
            suffix = re.sub(r"^edge_render_(gateway_|admin_|site_|source_|media_)?", "", family)
            parts = (family, family.removesuffix("_total"), f'"{suffix}"', suffix.removesuffix("_total"))
            assert any(part in made for part in parts), name


def test_a_gateway_tells_how_long_it_takes() -> None:
    """A histogram: its buckets are what the alert adds up."""
    assert b"edge_render_gateway_allocation_seconds_bucket" in GatewayMetrics().exposition()


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_each_alert_has_a_runbook(rule: dict[str, dict[str, str]]) -> None:
    page, _, place = rule["annotations"]["runbook_url"].partition("#")
    headings = re.findall(r"^#+ (.*)$", (ROOT / page).read_text(), re.MULTILINE)
    assert place in {heading.lower().replace(" ", "-") for heading in headings}
    assert place == str(rule["alert"]).lower()
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}


def test_the_documentation_names_each_overlay_and_component() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text()
    for folder in (*(K8S / "overlays").iterdir(), *(K8S / "components").iterdir()):
        assert f"`{Path(folder).name}`" in page

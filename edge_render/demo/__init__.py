"""The demo showroom: a bank branch made by code, geometry, textures and music alike."""

from __future__ import annotations

import json
from pathlib import Path

from edge_render.demo.assembly import Assembly
from edge_render.demo.building import build_building
from edge_render.demo.furniture import build_furniture
from edge_render.demo.lounge import build_lounge, build_meeting_corner
from edge_render.demo.manifest import MODEL_NAME, SOUND_NAME, make_manifest
from edge_render.demo.products import build_products
from edge_render.demo.sound import write_sound
from edge_render.demo.street import build_street
from edge_render.demo.surfaces import make_surfaces
from edge_render.package import MANIFEST_NAME, Package, open_package

__all__ = ["build_demo"]


def build_demo(target: Path) -> Package:
    """Write the demo showroom into a folder, and open it. Every run writes the same bytes."""
    parts = Assembly(make_surfaces())
    build_building(parts)
    build_furniture(parts)
    build_lounge(parts)
    build_meeting_corner(parts)
    build_street(parts)
    product_nodes = build_products(parts)
    target.mkdir(parents=True, exist_ok=True)
    parts.write(target / MODEL_NAME)
    write_sound(target / SOUND_NAME)
    manifest = json.dumps(make_manifest(product_nodes), ensure_ascii=False, indent=2)
    (target / MANIFEST_NAME).write_text(manifest + "\n", encoding="utf-8")
    return open_package(target)

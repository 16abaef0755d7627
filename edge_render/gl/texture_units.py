"""What a material does without on devices that look up few textures in one drawing. Pure."""

from __future__ import annotations

from edge_render.gl.programs import (
    COAT_NORMAL_UNIT,
    COAT_ROUGH_UNIT,
    COAT_UNIT,
    OCCLUSION_UNIT,
    SHEEN_COLOR_UNIT,
    SHEEN_ROUGH_UNIT,
    SPECULAR_COLOR_UNIT,
    SPECULAR_UNIT,
)

UNITS_OF = {
    "HAS_SPECULAR_COLOR_MAP": SPECULAR_COLOR_UNIT,
    "HAS_SPECULAR_MAP": SPECULAR_UNIT,
    "HAS_SHEEN_ROUGH_MAP": SHEEN_ROUGH_UNIT,
    "HAS_COAT_ROUGH_MAP": COAT_ROUGH_UNIT,
    "HAS_COAT_NORMAL_MAP": COAT_NORMAL_UNIT,
    "HAS_SHEEN_COLOR_MAP": SHEEN_COLOR_UNIT,
    "HAS_COAT_MAP": COAT_UNIT,
    "HAS_OCCLUSION_MAP": OCCLUSION_UNIT,
}
"""Textures that a material can do without, those missed least first."""
_DISPENSABLE = ("HAS_OPENNESS", "CASCADES 3", "CASCADES 2", "CASCADES 1", *UNITS_OF)


def given_up_for(features: frozenset[str], units: int) -> frozenset[str]:
    """Which features a program must do without that may look up so many textures: always the same, those that are
    missed least first. OpenGL 3.3 promises 16, of which a material with every map needs more than 20."""
    given_up: set[str] = set()
    for name in _DISPENSABLE:
        if _units_needed(features - given_up) <= units:
            break
        given_up |= {name} & features
    return frozenset(given_up)


def _units_needed(features: frozenset[str]) -> int:
    maps = sum(name.startswith("HAS_") and name.endswith("_MAP") for name in features)
    environment = 3 if "HAS_ENVIRONMENT" in features else int("SHEEN" in features)
    sun = ("SUN" in features) + ("MOVING_SHADOWS" in features)
    cascades = sum(int(name.removeprefix("CASCADES ")) for name in features if name.startswith("CASCADES "))
    return maps + environment + sun + cascades + ("SEES_BEHIND" in features) + ("HAS_OPENNESS" in features)

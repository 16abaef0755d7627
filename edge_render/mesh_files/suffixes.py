"""The formats of mesh files, by the suffixes of their names."""

from __future__ import annotations

from typing import Final

MESH_SUFFIXES: Final = (".obj", ".ply", ".stl", ".3mf")

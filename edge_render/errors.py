"""What can go wrong with content and drawing.

EdgeRenderError
 +-- PackageError      showroom.json or a file it names is missing or wrong; names the file and the field
 +-- ModelError        a glTF file can't be read; names the file and the place in it
 +-- VideoError        a video can't be opened or decoded; no password is in its message
 +-- RendererError     no usable GL, or the GPU refused something
"""

from __future__ import annotations


class EdgeRenderError(Exception):
    """Base of all errors that edge_render raises on purpose; the message tells the reader what to do."""


class PackageError(EdgeRenderError):
    """A showroom package can't be opened."""


class ModelError(EdgeRenderError):
    """A 3D model can't be loaded."""


class VideoError(EdgeRenderError):
    """A video can't be opened or decoded."""


class RendererError(EdgeRenderError):
    """Drawing is impossible."""

"""What a model may ask of a node. A file of a few bytes must not unpack to gigabytes, so what it says of itself is held
against these before anything is allocated."""

from __future__ import annotations

from typing import Final

FILE_MAX_BYTES: Final = 512 * 1024 * 1024
"""Of the file, and of each file it names."""

ELEMENTS_MAX: Final = 20_000_000
"""Of one accessor, of what a Draco or meshopt stream says it decodes to, and of the indices of one primitive."""
DECODED_MAX_BYTES: Final = 1024 * 1024 * 1024
"""Of all accessors, and of all that is decoded from compressed geometry, together."""
DECODED_FREE_BYTES: Final = 64 * 1024 * 1024
DECODED_PER_BYTE: Final = 256
"""Accessors may describe DECODED_FREE_BYTES, and that many bytes more for each byte in the buffers."""
INSTANCES_MAX: Final = 1_000_000
"""Of all nodes of a file together."""
MORPH_TARGETS_MAX: Final = 1024
"""Of one primitive."""
JOINTS_MAX: Final = 4096
"""Of one skin."""

DRAWN_TRIANGLES_MAX: Final = 200_000_000
"""Of all nodes of a file together, each placement counted; a point or a line counts as one."""
DRAWN_PRIMITIVES_MAX: Final = 250_000
"""Of all nodes of a file together: each becomes a node of the scene."""
VARIANT_CHOICES_MAX: Final = 1_000_000
"""Variants of a file times the primitives that they change."""

REFERENCED_MAX_BYTES: Final = 512 * 1024 * 1024
"""Of all buffers together, and of all images together as they are coded. Counted for each that refers to them: a short
file may name the same bytes a hundred thousand times."""

IMAGE_SIDE_MAX: Final = 8192
IMAGES_TOTAL_MAX_PIXELS: Final = 128 * 1024 * 1024

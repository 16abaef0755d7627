"""The extensions of glTF that this loader knows: a file may require these, and no others."""

from __future__ import annotations

from typing import Final

SUPPORTED_EXTENSIONS: Final[frozenset[str]] = frozenset()
"""Those that a file only uses, and that are not here, are ignored, as glTF allows."""

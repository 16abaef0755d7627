"""The kinds of video files that a package may have."""

from __future__ import annotations

from typing import Final

FILE_CONTAINERS: Final = {
    ".mp4": "mov",
    ".m4v": "mov",
    ".mov": "mov",
    ".mkv": "matroska",
    ".webm": "matroska",
    ".ts": "mpegts",
}
"""libav's demuxer by file suffix."""

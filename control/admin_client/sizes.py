"""Bytes, for people."""

from __future__ import annotations


def size_text(size_bytes: int) -> str:
    """With three digits and a decimal unit: ``1.23 MB``."""
    size = float(size_bytes)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 999.5 or unit == "GB":
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit == "bytes" or size >= 99.95 else f"{size:.3g} {unit}"

"""Of the audit log."""

from __future__ import annotations

from typing import Final

TEXTS: Final = {
    "audit.title": ("Audit log", "审计日志"),
    "audit.lead": (
        "Who did what, when. Entries are chained by their hashes, and the newest ones are signed now and then.",
        "记录何人何时做了何事。条目以哈希值相连，最新条目会定期签名。",
    ),
}

"""Of the audit log."""

from __future__ import annotations

from typing import Final

TEXTS: Final = {
    "audit.title": ("Audit log", "审计日志"),
    "audit.lead": (
        "Who did what, when. Entries are chained by their hashes, and the newest is signed every minute.",
        "记录何人何时做了何事。条目以哈希值相连，最新条目每分钟签名一次。",
    ),
    "audit.check": ("Check that it is whole", "检查是否完整"),
    "audit.seq": ("No.", "编号"),
    "audit.at": ("When", "时间"),
    "audit.by": ("Who", "操作者"),
    "audit.action": ("Action", "操作"),
    "audit.subject": ("Subject", "对象"),
    "audit.detail": ("Details", "详情"),
    "audit.none": ("No entry fits.", "没有符合条件的条目。"),
    "audit.newest": ("Newest", "最新"),
    "audit.back": ("All entries", "所有条目"),
    "audit.check-title": ("Is the audit log whole?", "审计日志是否完整？"),
    "audit.intact": (
        "All {entries} entries are as they were written.",
        "全部 {entries} 条记录均与写入时一致。",
    ),
    "audit.tampered": (
        "The log is not as it was written. Places found: {count}. Whoever can write to the database did it.",
        "日志与写入时不一致，共发现 {count} 处。这是能够写入数据库的人所为。",
    ),
    "audit.changed": ("Entry {seq} was changed.", "条目 {seq} 被更改。"),
    "audit.missing": ("Entries {seq} to {until} are missing.", "缺少条目 {seq} 至 {until}。"),
    "audit.unchained": (
        "Entry {seq} does not follow the one before it.",
        "条目 {seq} 与前一条目不相连。",
    ),
    "audit.cut": (
        "The end was cut off: entries {seq} to {until} were sealed, and are not there.",
        "日志末尾被截断：条目 {seq} 至 {until} 曾被签封，现已不存在。",
    ),
    "audit.rewritten": (
        "The log up to entry {seq} was written anew: it is not what was sealed.",
        "截至条目 {seq} 的日志被重写：与签封内容不符。",
    ),
    "audit.sealed": ("Sealed up to entry {seq} at", "已签封至条目 {seq}，时间："),
    "audit.unsealed": ("It was not sealed yet.", "尚未签封。"),
}

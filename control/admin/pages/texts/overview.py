"""Of the overview, where one comes in."""

from __future__ import annotations

from typing import Final

TEXTS: Final = {
    "nav.overview": ("Overview", "概览"),
    "overview.title": ("Overview", "概览"),
    "overview.attention": ("What needs attention", "需要关注"),
    "overview.nothing": ("Nothing: all sites are as ordered.", "一切正常：所有站点均已同步。"),
    "overview.site": ("{site}: {means}", "站点 {site}：{means}"),
    "overview.paused": (
        "Roll-out of {showroom} version {number} is paused",
        "{showroom} 版本 {number} 的发布任务已暂停",
    ),
    "overview.waits": (
        "{showroom} version {number} is validated and waits to be published",
        "{showroom} 版本 {number} 已验证，等待发布",
    ),
    "overview.waits-for-others": (
        "{showroom} version {number} is validated and waits for somebody else's eyes",
        "{showroom} 版本 {number} 已验证，等待其他人审核发布",
    ),
    "overview.node-says": ("{site}, {node}: {said}", "{site} 的节点 {node}：{said}"),
    "overview.disk": (
        "{site}, {node}: the disk has {free} free, the content may still take {wanted}",
        "{site}，{node}：磁盘剩余 {free}，内容还可能占用 {wanted}",
    ),
    "overview.all-visits": ("All about visits", "查看全部访问统计"),
}

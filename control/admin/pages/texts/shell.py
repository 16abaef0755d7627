"""Of the frame that all pages have."""

from __future__ import annotations

from typing import Final

TEXTS: Final = {
    "shell.product": ("Showroom admin", "展厅管理"),
    "shell.skip": ("Skip to content", "跳到正文"),
    "shell.navigation": ("Main", "主导航"),
    "shell.language": ("Language", "语言"),
    "shell.log-out": ("Log out", "退出登录"),
    "shell.signed-in-as": ("Signed in as {name}", "已登录：{name}"),
    "shell.local-times": ("All times are UTC.", "所有时间均为 UTC。"),
    "shell.page": ("Page", "分页"),
    "shell.newer": ("Newer", "较新"),
    "shell.older": ("Older", "较旧"),
    "shell.yes": ("Yes", "是"),
    "shell.no": ("No", "否"),
    "shell.never": ("never", "从未"),
    "shell.save": ("Save", "保存"),
    "shell.filter": ("Filter", "筛选"),
    "shell.table-scrolls": ("{name}; scrolls sideways", "{name}；可左右滚动"),
    "role.viewer": ("Viewer", "查看者"),
    "role.editor": ("Editor", "编辑者"),
    "role.publisher": ("Publisher", "发布者"),
    "role.administrator": ("Administrator", "管理员"),
    "language.en": ("English", "English"),
    "language.zh": ("中文", "中文"),
    "nav.account": ("My account", "我的账户"),
    "nav.accounts": ("Accounts", "账户"),
    "nav.audit": ("Audit log", "审计日志"),
}

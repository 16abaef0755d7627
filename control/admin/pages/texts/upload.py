"""Of uploading a version. Those that begin with ``upload.`` are also for the page's script."""

from __future__ import annotations

from typing import Final

TEXTS: Final = {
    "upload.title": ("Upload a version", "上传版本"),
    "upload.title-draft": ("Upload the files of version {number}", "上传版本 {number} 的文件"),
    "upload.no-script": ("Uploading needs JavaScript.", "上传需要启用 JavaScript。"),
    "upload.choose": ("Choose the showroom's folder, or drop it here", "选择展厅文件夹，或拖放到此处"),
    "upload.choose-lead": (
        "The folder that has showroom.json in it. Only what is new is sent.",
        "包含 showroom.json 的文件夹。只发送新增或更改的内容。",
    ),
    "upload.folder": ("Choose a folder", "选择文件夹"),
    "upload.archive": ("Choose a .zip", "选择 .zip 文件"),
    "upload.chosen": ("{count} files", "{count} 个文件"),
    "upload.stage-choosing": ("Choose", "选择"),
    "upload.stage-hashing": ("Reading the files", "正在读取文件"),
    "upload.stage-ready": ("Ready to send", "准备发送"),
    "upload.stage-sending": ("Sending", "正在发送"),
    "upload.stage-making": ("Making the draft", "正在创建草稿"),
    "upload.of": ("{done} of {all}", "{done}，共 {all}"),
    "upload.seconds-left": ("about {seconds} s left", "约剩 {seconds} 秒"),
    "upload.minutes-left": ("about {minutes} min left", "约剩 {minutes} 分钟"),
    "upload.percent-sent": ("{percent} % sent", "已发送 {percent} %"),
    "upload.plan": ("{total} files, {bytes} to send.", "{total} 个文件，需发送 {bytes}。"),
    "upload.plan-changed": (
        "{changed} of {total} files changed since version {number}, {bytes} to send.",
        "自版本 {number} 以来，{total} 个文件中有 {changed} 个更改，需发送 {bytes}。",
    ),
    "upload.nothing-to-send": (
        "All {total} files are stored already: nothing is to send.",
        "全部 {total} 个文件均已存储：无需发送。",
    ),
    "upload.kept": ("{bytes} are stored already and are not sent again.", "{bytes} 已存储，无需再次发送。"),
    "upload.note": ("Note: what is new in it (optional)", "备注：更新内容（可选）"),
    "upload.send": ("Upload and make the draft", "上传并创建草稿"),
    "upload.send-draft": ("Upload", "上传"),
    "upload.pause": ("Pause", "暂停"),
    "upload.resume": ("Resume", "继续"),
    "upload.paused": ("Paused", "已暂停"),
    "upload.resumable": (
        "If the page is closed, choose the same files again: what is stored is not sent again.",
        "如果页面被关闭，请重新选择相同的文件：已存储的内容不会再次发送。",
    ),
    "upload.waiting": (
        "The connection is lost; it goes on by itself as soon as the admin answers.",
        "连接已断开；管理端响应后将自动继续。",
    ),
    "upload.signed-out": (
        "The session has ended, nothing is lost. Log in again in another tab, then press Resume.",
        "会话已结束，数据不会丢失。请在其他标签页重新登录，然后点击“继续”。",
    ),
    "upload.each-file": ("Each file", "各文件进度"),
    "upload.more": ("and {count} more", "以及另外 {count} 个"),
    "upload.no-manifest": (
        "There is no showroom.json among these {count} files: choose the folder that has it.",
        "所选的 {count} 个文件中没有 showroom.json：请选择包含该文件的文件夹。",
    ),
    "upload.unreadable": (
        "{path} can't be read: it was changed or moved since it was chosen. Choose the folder again.",
        "无法读取 {path}：选择后该文件被更改或移动。请重新选择文件夹。",
    ),
    "upload.refused": ("It was refused: {reason}", "已被拒绝：{reason}"),
    "upload.broken": ("It can't go on: {reason}", "无法继续：{reason}"),
    "error.no-draft": (
        "There is no such draft: what is published never changes.",
        "没有这个草稿：已发布的内容不可更改。",
    ),
}

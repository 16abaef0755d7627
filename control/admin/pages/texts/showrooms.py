"""Of showrooms and the list of their versions."""

from __future__ import annotations

from typing import Final

TEXTS: Final = {
    "nav.showrooms": ("Showrooms", "展厅"),
    "showrooms.title": ("Showrooms", "展厅"),
    "showrooms.none": ("There is no showroom yet.", "还没有展厅。"),
    "showrooms.version": ("Version {number}", "版本 {number}"),
    "showrooms.no-version": ("No version yet", "还没有版本"),
    "showrooms.shown-at": ("Shown at {sites}", "展示于 {sites}"),
    "showrooms.shown-nowhere": ("Shown nowhere", "尚未展示"),
    "showrooms.new": ("New showroom", "新建展厅"),
    "showrooms.title-en": ("Title in English", "英文标题"),
    "showrooms.title-zh": ("Title in Chinese", "中文标题"),
    "showrooms.slug": ("Name in addresses", "地址名称"),
    "showrooms.slug-hint": ("a–z, 0–9 and -; it can't be changed.", "a–z、0–9 和 -；创建后不可更改。"),
    "showrooms.make": ("Make it", "创建"),
    "showrooms.made": ("{name} is made. Upload its first version.", "{name} 已创建。请上传第一个版本。"),
    "showroom.upload": ("Upload a version", "上传版本"),
    "showroom.versions": ("Versions", "版本"),
    "showroom.version": ("Version", "版本"),
    "showroom.picture": ("Picture", "图片"),
    "showroom.state": ("State", "状态"),
    "showroom.shown": ("Shown at", "展示站点"),
    "showroom.made": ("Made", "创建"),
    "showroom.size": ("Size", "大小"),
    "showroom.files": ("{count} files", "{count} 个文件"),
    "showroom.actions": ("Actions", "操作"),
    "showroom.compare": ("Compare", "比较"),
    "showroom.compare-it": ("Compare version {number} with the one before", "将版本 {number} 与前一版本比较"),
    "showroom.copy": ("Edit as new draft", "另存为草稿编辑"),
    "showroom.none": (
        "No versions yet. Upload the folder that has showroom.json in it.",
        "还没有版本。请上传包含 showroom.json 的文件夹。",
    ),
    "state.draft": ("Draft", "草稿"),
    "state.validating": ("Being validated", "验证中"),
    "state.validated": ("Validated", "已验证"),
    "state.rejected": ("Has errors", "有错误"),
    "state.published": ("Published", "已发布"),
    "state.retired": ("Retired", "已停用"),
    "error.showroom-slug": (
        "A name in addresses has 1 to 63 of a–z, 0–9 and -, and begins with a letter or digit.",
        "地址名称为 1 至 63 个字符，只能使用 a–z、0–9 和 -，并以字母或数字开头。",
    ),
    "error.showroom-title": (
        "A title has 1 to 200 characters in each of the two languages.",
        "两种语言的标题均须为 1 至 200 个字符。",
    ),
}

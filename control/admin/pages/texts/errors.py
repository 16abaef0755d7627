"""What went wrong. ``error.CODE`` is the title of a page for the error's code; others are named by who raises."""

from __future__ import annotations

from typing import Final

TEXTS: Final = {
    "error.bad-request": ("The request can't be understood", "无法理解该请求"),
    "error.not-signed-in": ("Log in first", "请先登录"),
    "error.session-ended": ("The session has ended", "会话已结束"),
    "error.not-allowed": ("Not allowed", "不允许"),
    "error.not-found": ("Not found", "未找到"),
    "error.no-page": ("There is no such page.", "没有这个页面。"),
    "error.conflict": ("Not possible now", "目前无法执行"),
    "error.too-large": ("Too large", "内容过大"),
    "error.refused": ("Refused", "已拒绝"),
    "error.unavailable": ("Not available at the moment", "暂时不可用"),
    "error.failed": ("Something went wrong", "出现错误"),
    "error.back": ("Back to the start", "返回首页"),
    "error.reason": ("Reason:", "原因："),
    "error.not-saved": (
        "The session has ended, so nothing was changed. Log in, then try again.",
        "会话已结束，因此未做任何更改。请登录后重试。",
    ),
    "error.too-many-tries": (
        "Too many tries. Wait {seconds} s, then try again.",
        "尝试次数过多。请等待 {seconds} 秒后重试。",
    ),
    "error.too-many-tries-title": ("Too many tries", "尝试次数过多"),
    "error.another-site": (
        "The request came from another site's page, or the admin does not know its own address (--public-url).",
        "该请求来自其他网站的页面，或管理端不知道自己的地址（--public-url）。",
    ),
    "error.csrf": (
        "The form is too old, or did not come from this session. Load the page again.",
        "该表单已过期，或不属于当前会话。请重新加载页面。",
    ),
    "error.role": (
        "This needs the role {needed}; yours is {has}.",
        "此操作需要“{needed}”角色；您的角色是“{has}”。",
    ),
    "error.password-length": (
        "The password must have {minimum} to {maximum} characters; it has {chars}.",
        "密码须为 {minimum} 至 {maximum} 个字符；目前为 {chars} 个。",
    ),
    "error.password-name": ("The password must not be the account's name.", "密码不能与账户名相同。"),
    "error.password-repeats": (
        "The password must not be a few characters again and again.",
        "密码不能只是少数字符的重复。",
    ),
    "error.passwords-differ": ("The two passwords differ.", "两次输入的密码不一致。"),
    "error.account-name": (
        "A name has at most 64 of a–z, 0–9 and . _ @ + -, and begins with a letter or digit.",
        "账户名最多 64 个字符，只能使用 a–z、0–9 和 . _ @ + -，并以字母或数字开头。",
    ),
    "error.account-taken": ("There is an account {name} already.", "账户 {name} 已存在。"),
    "error.last-administrator": (
        "{name} is the last administrator; make another one first.",
        "{name} 是最后一位管理员；请先设置另一位管理员。",
    ),
    "error.wrong-login": ("The name or the password is wrong.", "账户名或密码错误。"),
    "error.wrong-old-password": ("The old password is wrong.", "旧密码错误。"),
    "error.no-password": (
        "This account has no password: it logs in by single sign-on.",
        "该账户没有密码：请通过单点登录。",
    ),
    "error.password-changed-meanwhile": ("The password was changed meanwhile.", "密码在此期间已被更改。"),
    "error.setup-done": (
        "There is an account already; an administrator can make others.",
        "已有账户；其他账户可由管理员创建。",
    ),
    "error.setup-token": (
        "This link is not the newest one: the admin prints it when it starts.",
        "此链接不是最新的：管理端启动时会打印新链接。",
    ),
    "error.issuer": (
        "Single sign-on does not answer at the moment. Try again later, or log in with a password.",
        "单点登录目前没有响应。请稍后重试，或使用密码登录。",
    ),
    "error.sign-on": (
        "Single sign-on was refused. Try again; if it stays so, the admin's log has the reason.",
        "单点登录被拒绝。请重试；如果仍然如此，管理端日志中有原因。",
    ),
    "error.no-sign-on": ("Single sign-on is not set up.", "未设置单点登录。"),
    "error.token-role": ("A token can't have a role above yours.", "令牌的角色不能高于您的角色。"),
    "error.token-name": ("A token's name has 1 to 64 characters, in one line.", "令牌名称须为一行，1 至 64 个字符。"),
    "error.token-lifetime": (
        "A token must expire in the future, and within 366 days.",
        "令牌的到期时间必须在将来，且不超过 366 天。",
    ),
    "error.too-many-tokens": (
        "An account has at most {most} tokens; revoke one first.",
        "每个账户最多 {most} 个令牌；请先撤销一个。",
    ),
}

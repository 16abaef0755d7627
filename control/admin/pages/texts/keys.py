"""Of signing keys."""

from __future__ import annotations

from typing import Final

TEXTS: Final = {
    "nav.keys": ("Signing keys", "签名密钥"),
    "keys.title": ("Signing keys", "签名密钥"),
    "keys.lead": (
        "Edges show only what one of these keys has signed. The private halves never leave the admin.",
        "边缘节点只展示由这些密钥之一签名的内容。私钥不会离开管理端。",
    ),
    "keys.trusted": ("What a new edge is given (--trusted-key)", "新边缘节点使用的值（--trusted-key）"),
    "keys.ring": ("Key ring {serial} is what edges get.", "边缘节点获取的密钥环为 {serial}。"),
    "keys.no-ring": ("Keys were never changed.", "密钥从未更换。"),
    "keys.key": ("Key", "密钥"),
    "keys.state": ("State", "状态"),
    "keys.made": ("Made", "创建时间"),
    "keys.ended": ("Ended", "结束时间"),
    "keys.actions": ("Actions", "操作"),
    "key-state.active": ("Signs", "签名中"),
    "key-state.retired": ("Trusted", "仍受信任"),
    "key-state.revoked": ("Revoked", "已吊销"),
    "keys.rotate": ("Rotate", "更换密钥"),
    "keys.rotate-lead": (
        "A new key signs from now on; the one of now stays trusted, so that nothing that is shown changes. "
        "Edges learn of the new key with their next order.",
        "此后由新密钥签名；当前密钥仍受信任，因此展示内容不变。边缘节点会随下一条指令获知新密钥。",
    ),
    "keys.rotate-it": ("Make a new key", "生成新密钥"),
    "keys.rotated": ("The key {id} signs now.", "现由密钥 {id} 签名。"),
    "keys.revoke": ("Revoke", "吊销"),
    "keys.revoke-it": ("Revoke {id} for good", "永久吊销 {id}"),
    "keys.revoke-lead": (
        "Edges trust it no more, and its private half is removed for good. Releases that it signed are signed by the "
        "active key. An edge that was cut off since before the key changed, and trusts this key alone, has to be "
        "given the new trusted key by hand.",
        "边缘节点将不再信任它，其私钥会被永久删除。由它签名的版本将改由当前密钥签名。"
        "若某节点在更换密钥之前就已断开且只信任此密钥，则须手动为其配置新的受信任密钥。",
    ),
    "keys.revoked": (
        "{id} is revoked; {count} releases are signed anew.",
        "{id} 已吊销；{count} 个版本已重新签名。",
    ),
    "keys.revoked-refused": (
        "{id} is revoked; {count} releases are signed anew. Not signed, as what is kept of them does not fit its "
        "signature: {refused}.",
        "{id} 已吊销；{count} 个版本已重新签名。以下版本保存的内容与签名不符，未重新签名：{refused}。",
    ),
    "error.ring-full": (
        "Edges trust {most} keys already, which is the most: revoke an old one first.",
        "边缘节点已信任 {most} 个密钥，达到上限：请先吊销一个旧密钥。",
    ),
    "keys.behind": (
        "These have not got the newest key ring yet: {nodes}. Wait for them before you revoke a key.",
        "以下节点尚未获取最新的密钥环：{nodes}。请等待后再吊销密钥。",
    ),
    "keys.force": ("Revoke it although nodes are behind", "即使有节点未跟上也吊销"),
    "error.keys-behind": (
        "Nodes have not got the newest key ring yet: {nodes}. Wait for them, or force it: those that miss the next "
        "change of keys too have to be given new keys by hand.",
        "有节点尚未获取最新的密钥环：{nodes}。请等待，或强制吊销：若它们也错过下一次更换，则须手动配置新密钥。",
    ),
    "error.no-key": ("There is no key {id}.", "没有密钥 {id}。"),
    "error.key-active": ("The key {id} signs now: rotate keys first.", "密钥 {id} 正用于签名：请先更换密钥。"),
    "error.key-revoked": ("The key {id} was revoked already.", "密钥 {id} 已被吊销。"),
}

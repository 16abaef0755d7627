"""The manifest of the demo showroom: where one enters, what can be tapped, and what the cards say."""

from __future__ import annotations

from typing import Any

from edge_render.demo.building import HALF_DEPTH, HALF_WIDTH
from edge_render.demo.products import PLINTH_HEIGHT, PRODUCT_X, PRODUCTS, product_z

MODEL_NAME = "branch.glb"
SOUND_NAME = "branch.wav"
SCENE_NAME = "branch"

Texts = tuple[str, str]
"""English and Chinese."""

_CARDS: dict[str, tuple[Texts, Texts, tuple[tuple[Texts, Texts], ...]]] = {
    "gold": (
        ("Gold savings", "积存金"),
        (
            "Buy gold from one gram, at any time, and keep it safe with us. Sell it back at the day's price, "
            "or take it home as bars.",
            "一克起购，随时买入，由我行代为保管。可按当日金价卖出，也可提取实物金条。",
        ),
        (
            (("From", "起购"), ("1 gram", "1 克")),
            (("Purity", "成色"), ("99.99 %", "Au99.99")),
            (("Storage", "保管费"), ("Free of charge", "免费")),
        ),
    ),
    "savings": (
        ("Savings in many currencies", "多币种储蓄"),
        (
            "One account for the money that you earn, save and spend around the world, in twelve currencies.",
            "一个账户管理您在全球赚取、储蓄和消费的资金，支持十二种货币。",
        ),
        ((("Currencies", "币种"), ("12", "12 种")), (("Minimum balance", "最低余额"), ("None", "无"))),
    ),
    "home-loan": (
        ("Home loan", "个人住房贷款"),
        (
            "Bring your plans and leave with a clear figure: we tell you what you can borrow within one visit, "
            "and stay beside you until you hold the keys.",
            "带着您的购房计划来，一次到访即可了解可贷额度；从申请到拿到钥匙，我们全程陪伴。",
        ),
        (
            (("Term", "期限"), ("Up to 30 years", "最长 30 年")),
            (("First answer", "初审结果"), ("Same day", "当日告知")),
            (("Early repayment", "提前还款"), ("After one year, free", "满一年免费")),
        ),
    ),
    "car-loan": (
        ("Car loan", "汽车消费贷款"),
        (
            "New, used or electric: apply here, and pay at the dealer's with your phone on the same day.",
            "新车、二手车、新能源车均可申请，当天即可在经销商处用手机完成支付。",
        ),
        ((("Term", "期限"), ("1 to 5 years", "1 至 5 年")), (("Down payment", "首付"), ("From 20 %", "20% 起"))),
    ),
    "cards": (
        ("Credit cards", "信用卡"),
        (
            "Three cards for three ways of life. All of them come with travel insurance, airport lounges and "
            "up to 56 days without interest.",
            "三款卡片，适合三种生活方式。均含旅行保险、机场贵宾厅服务和最长 56 天免息期。",
        ),
        (
            (("Interest-free", "免息期"), ("Up to 56 days", "最长 56 天")),
            (("Lounge visits", "贵宾厅"), ("6 a year", "每年 6 次")),
        ),
    ),
    "insurance": (
        ("Family insurance", "家庭保障计划"),
        (
            "One plan for the whole family, from the first school day to retirement. Our adviser in the lounge "
            "works out with you what you need, and what you don't.",
            "一份计划守护全家，从孩子入学到退休生活。休息区的顾问会与您一起梳理真正需要的保障。",
        ),
        (
            (("People covered", "保障人数"), ("Up to 6", "最多 6 人")),
            (("Cover begins", "生效"), ("Next day", "次日零时")),
        ),
    ),
}


def _text(texts: Texts) -> dict[str, str]:
    return {"en": texts[0], "zh": texts[1]}


def make_manifest(product_nodes: dict[str, list[str]]) -> dict[str, Any]:
    """The content of showroom.json. ``product_nodes`` names the nodes that belong to each product."""
    return {
        "format": 1,
        "title": _text(("The branch of tomorrow", "未来网点")),
        "entryScene": SCENE_NAME,
        "scenes": {
            SCENE_NAME: {
                "type": "model",
                "model": MODEL_NAME,
                "entryPoses": [
                    {"name": "entrance", "position": [0.3, 1.6, 3.9], "yawDeg": -22, "pitchDeg": -4},
                    {"name": "products", "position": [3.4, 1.6, -0.9], "yawDeg": -90, "pitchDeg": -8},
                    {"name": "counter", "position": [0.0, 1.6, -1.0], "yawDeg": 0, "pitchDeg": -4},
                    {"name": "lounge", "position": [-2.1, 1.6, 1.7], "yawDeg": 46, "pitchDeg": -11},
                    {"name": "terminals", "position": [3.5, 1.6, 1.9], "yawDeg": 188, "pitchDeg": -6},
                ],
                "walkable": {
                    "min": [-HALF_WIDTH + 0.1, -HALF_DEPTH + 0.1],
                    "max": [HALF_WIDTH - 0.1, HALF_DEPTH - 0.1],
                    "floorY": 0.0,
                    "eyeHeight": 1.6,
                },
                "sun": {"direction": [0.78, -0.52, -0.36], "color": [1.0, 0.91, 0.78], "intensity": 6.4},
                "environment": {
                    "sky": [0.9, 0.92, 0.95],
                    "ground": [0.8, 0.76, 0.7],
                    "intensity": 1.4,
                    "background": [0.5, 0.68, 0.92],
                    "exposure": 0.95,
                },
                "audio": {
                    "file": SOUND_NAME,
                    "loop": True,
                    "title": _text(("Music in the hall", "大厅背景音乐")),
                },
                "hotspots": [
                    {
                        "id": name,
                        "position": [PRODUCT_X, PLINTH_HEIGHT + 0.2, product_z(index)],
                        "radius": 0.3,
                        "nodes": product_nodes[name],
                        "label": _text(_CARDS[name][0]),
                        "action": {
                            "type": "card",
                            "title": _text(_CARDS[name][0]),
                            "body": _text(_CARDS[name][1]),
                            "facts": [[_text(key), _text(value)] for key, value in _CARDS[name][2]],
                        },
                    }
                    for index, name in enumerate(PRODUCTS)
                ],
            }
        },
    }

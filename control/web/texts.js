// What the page says, in both languages.

const TEXTS = {
  en: {
    connecting: "Opening the showroom …",
    reconnecting: "The connection was lost. Taking you back …",
    opening: "The showroom is just opening. One moment, please.",
    noShowroom: "There is no showroom of this name here.",
    full: "All places are taken at the moment.",
    queued: (position) => `${position === 1 ? "You are next in line" : `You are number ${position} in line`}\nAll places are taken at the moment. You will come in automatically.`,
    notInvited: "This link is no longer valid.\nPlease ask for a new one.",
    ended: "This visit has ended.",
    unsupported: "This browser can't show the showroom: it has no WebRTC video.",
    products: "Products",
    language: "中文",
    languageTitle: "切换到中文",
    statistics: "Statistics",
    sound: "Sound",
    fullscreen: "Full screen",
    hintTouch: "One finger looks around, two fingers or the stick walk. Tap a product, or the floor to go there.",
    hintMouse: "Drag to look around. W A S D or the arrow keys walk. Click a product, or the floor to go there.",
    hintLook: "Drag to look around, pinch or scroll to see more. Tap a label to go there or to read.",
    understood: "Got it",
    close: "Close",
    more: "Read more",
    stage: "Showroom. Use W A S D or the arrow keys to walk and turn; the products are in the list.",
    leading: (code, followers) => `Guided visit ${code} · ${followers === 1 ? "1 follower" : `${followers} followers`}`,
    following: (name) => (name ? `You follow ${name}` : "You follow a guided visit"),
    hintFollow: "Somebody guides you: what they see, you see. Tap a product to read about it.",
    stageLook: "Panorama. Use the arrow keys to look around, plus and minus to zoom; the labels are in the list.",
    stageFollow: "Guided visit: the picture shows what the guide sees; the products are in the list.",
    copyLink: "Copy link",
    copied: "Copied",
    guideEnded: "The guided visit has ended.",
    noGuide: "There is no guided visit with this code; it may have ended.",
    alone: "Go on by yourself",
    cameraLost: (time) => `The camera is not reachable, showing the last picture of ${time}.`,
    cameraConnecting: "Connecting to the camera …",
    cameraAway: "The camera is not reachable.",
    sceneLoading: "The next room is being opened …",
    sceneLoadingStands: "The next room is being opened, the picture stands still meanwhile …",
    sceneFailed: "This room can't be opened at the moment. You may look around here meanwhile.",
  },
  zh: {
    connecting: "正在打开展厅……",
    reconnecting: "连接已断开，正在返回原处……",
    opening: "展厅正在准备，请稍候。",
    noShowroom: "此处没有该名称的展厅。",
    full: "展厅当前访客已满。",
    queued: (position) => `${position === 1 ? "下一位就是您" : `您排在第 ${position} 位`}\n展厅当前访客已满，轮到您时将自动进入。`,
    notInvited: "此链接已失效。\n请重新获取链接。",
    ended: "本次参观已结束。",
    unsupported: "此浏览器不支持 WebRTC 视频，无法显示展厅。",
    products: "产品",
    language: "English",
    languageTitle: "Switch to English",
    statistics: "统计信息",
    sound: "声音",
    fullscreen: "全屏",
    hintTouch: "单指环顾，双指或摇杆行走。轻点产品查看详情，轻点地面前往该处。",
    hintMouse: "拖动环顾四周，W A S D 或方向键行走。点击产品查看详情，点击地面前往该处。",
    hintLook: "拖动可环顾四周，双指张合或滚动可缩放。轻点标签前往该处或查看详情。",
    understood: "知道了",
    close: "关闭",
    more: "了解更多",
    stage: "展厅。使用 W A S D 或方向键行走和转身；产品见列表。",
    leading: (code, followers) => `导览 ${code} · ${followers} 人跟随`,
    following: (name) => (name ? `正在跟随 ${name} 参观` : "正在跟随导览"),
    hintFollow: "导览员带您参观，您看到的就是导览员所见。轻点产品可查看详情。",
    stageLook: "全景图。使用方向键环顾，加减键缩放；标签见列表。",
    stageFollow: "导览：画面为导览员所见；产品见列表。",
    copyLink: "复制链接",
    copied: "已复制",
    guideEnded: "导览已结束。",
    noGuide: "没有使用此代码的导览，或导览已结束。",
    alone: "自行参观",
    cameraLost: (time) => `摄像头暂时无法连接，显示的是 ${time} 的最后画面。`,
    cameraConnecting: "正在连接摄像头……",
    cameraAway: "摄像头暂时无法连接。",
    sceneLoading: "正在打开下一个场景……",
    sceneLoadingStands: "正在打开下一个场景，期间画面静止……",
    sceneFailed: "该场景暂时无法打开，您可以继续在这里参观。",
  },
};

/** The page's language for a browser's list of preferred ones (BCP 47 tags). */
export function chooseLanguage(preferred) {
  for (const tag of preferred) {
    const language = tag.toLowerCase().split("-")[0];
    if (language in TEXTS) return language;
  }
  return "en";
}

export function textsOf(language) {
  return TEXTS[language];
}

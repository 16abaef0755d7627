// What the page says, in both languages.

const TEXTS = {
  en: {
    connecting: "Opening the showroom …",
    reconnecting: "The connection was lost. Taking you back …",
    full: "All places are taken at the moment.",
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
    understood: "Got it",
    close: "Close",
    more: "Read more",
    stage: "Showroom. Use W A S D or the arrow keys to walk and turn; the products are in the list.",
  },
  zh: {
    connecting: "正在打开展厅……",
    reconnecting: "连接已断开，正在返回原处……",
    full: "展厅当前访客已满。",
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
    understood: "知道了",
    close: "关闭",
    more: "了解更多",
    stage: "展厅。使用 W A S D 或方向键行走和转身；产品见列表。",
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

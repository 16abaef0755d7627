// The labels of the statistics panel, by the keys of statistics_groups.js, in both languages: [en, zh].

const LABELS = {
  receiver: ["Receiver", "接收端"],
  pictures: ["Pictures per second", "每秒帧数"],
  bitRate: ["Bit rate", "码率"],
  picture: ["Picture", "画面"],
  lost: ["Packets lost", "丢包"],
  freezes: ["Freezes and rests", "卡顿与静止"],
  notShown: ["Pictures not shown", "未显示帧数"],
  buffer: ["Waiting in the buffer", "缓冲等待"],
  decoding: ["Decoding", "解码"],
  concealed: ["Sound filled in", "声音补偿"],
  sender: ["Sender", "发送端"],
  encoder: ["Encoder", "编码器"],
  failed: ["Encoder failed, replaced", "编码器故障，已更换"],
  target: ["Target rate", "目标码率"],
  encoding: ["Encoding", "编码"],
  keyFrames: ["Key frames", "关键帧"],
  limit: ["Limited by", "受限于"],
  packets: ["Packets sent", "已发送包"],
  repeated: ["Sent again on request", "应请求重传"],
  copied: ["Sent twice · repairs · probes", "主动重发 · 修复 · 探测"],
  asked: ["Asked for packets · pictures", "请求重传 · 请求画面"],
  overtaken: ["Replaced by a newer picture", "被更新帧取代"],
  network: ["Network", "网络"],
  carries: ["The link carries", "链路可承载"],
  roundTrip: ["Round trip", "往返时延"],
  reportedLoss: ["Reported loss", "上报丢包"],
  jitter: ["Jitter", "抖动"],
  queue: ["Queue on the way", "途中排队"],
  control: ["Control by", "控制通道"],
  delay: ["Delay", "时延"],
  inputMedian: ["Input to photon, median", "操作到显示，中位数"],
  input95: ["Input to photon, 95 %", "操作到显示，95 %"],
  stage_wait: ["· waiting to be drawn", "· 等待绘制"],
  stage_draw: ["· drawing", "· 绘制"],
  stage_capture: ["· reading back", "· 读回"],
  stage_queue: ["· waiting for the encoder", "· 等待编码"],
  stage_encode: ["· encoding", "· 编码"],
  stage_send: ["· sending", "· 发送"],
  stage_network_and_display: ["· network and display", "· 网络与显示"],
  motionFreezes: ["Freezes while moving", "运动中卡顿"],
  shown: ["Pictures shown / not seen", "已显示 / 未看到帧数"],
};
const WORDS = {
  none: ["nothing", "无"],
  cpu: ["processor", "处理器"],
  bandwidth: ["link", "链路"],
  other: ["other", "其他"],
  "data channels": ["data channels", "数据通道"],
};

function inLanguage(texts, key, language) {
  return texts[key]?.[language === "zh" ? 1 : 0] ?? key;
}

/** The label of a group or row. */
export function labelOf(key, language) {
  return inLanguage(LABELS, key, language);
}

/** A value that is a word of the protocol, in the visitor's language; any other as it is. */
export function valueOf(value, language) {
  return inLanguage(WORDS, value, language);
}

// From statistics to the groups and rows that the panel shows. Pure.
//
// A row is { key, name, value }: `key` finds its label (statistics_texts.js), `name` is what the W3C's webrtc-stats calls
// it, empty where the standard has no name for it.

import { percentile } from "./frame_clock.js";
import { inbound } from "./receiver_stats.js";

const STAGE_ORDER = ["wait", "draw", "capture", "queue", "encode", "send", "network_and_display"];
const NONE = "–";

const count = (value) => (value === undefined || value === null ? NONE : String(value));
const ms = (seconds) => (Number.isFinite(seconds) ? `${(1000 * seconds).toFixed(1)} ms` : NONE);
const percent = (share) => (Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : NONE);
const mbits = (bps) => (Number.isFinite(bps) ? `${(bps / 1e6).toFixed(2)} Mbit/s` : NONE);
const row = (key, name, value) => ({ key, name, value });

/** Growth of a total since `before`, for each of another total's; NaN where neither grew. */
function mean(now, before, total, each) {
  return (now[total] - (before?.[total] ?? 0)) / (now[each] - (before?.[each] ?? 0));
}

function perSecond(now, before, total) {
  const seconds = before ? (now.timestamp - before.timestamp) / 1000 : NaN;
  return (now[total] - (before?.[total] ?? 0)) / seconds;
}

function lossShare(now, before) {
  const lost = now.packetsLost - (before?.packetsLost ?? 0);
  return Math.max(0, lost) / Math.max(1, now.packetsReceived - (before?.packetsReceived ?? 0) + lost);
}

function receiverRows({ reports, before }) {
  const video = inbound(reports, "video");
  if (!video) return [];
  const earlier = inbound(before.reports, "video");
  const codec = reports.find((report) => report.id === video.codecId)?.mimeType?.split("/")[1] ?? "";
  const fps = perSecond(video, earlier, "framesDecoded");
  const rows = [
    row("pictures", "framesPerSecond", Number.isFinite(fps) ? fps.toFixed(1) : count(video.framesPerSecond)),
    row("bitRate", "bytesReceived", mbits(8 * perSecond(video, earlier, "bytesReceived"))),
    row("picture", "frameWidth × frameHeight", `${video.frameWidth ?? 0} × ${video.frameHeight ?? 0} ${codec}`.trim()),
    row("lost", "packetsLost", `${percent(lossShare(video, earlier))} · ${count(video.packetsLost)}`),
    row("freezes", "freezeCount", `${count(video.freezeCount)} · ${(video.totalFreezesDuration ?? 0).toFixed(1)} s`),
    row("notShown", "framesDropped", count(video.framesDropped)),
    row("buffer", "jitterBufferDelay", ms(mean(video, earlier, "jitterBufferDelay", "jitterBufferEmittedCount"))),
    row("decoding", "totalDecodeTime", ms(mean(video, earlier, "totalDecodeTime", "framesDecoded"))),
  ];
  const audio = inbound(reports, "audio");
  if (audio?.packetsReceived > 0) {
    const concealed = mean(audio, inbound(before.reports, "audio"), "concealedSamples", "totalSamplesReceived");
    rows.push(row("concealed", "concealedSamples", percent(concealed)));
  }
  return rows;
}

function senderRows({ server, before, replaced }) {
  if (!server) return [];
  const { video, sender } = server;
  return [
    row("encoder", "encoderImplementation", video.encoder_implementation || NONE),
    ...(replaced ? [row("failed", "", `${replaced.failed} → ${replaced.encoder}`)] : []),
    row("target", "targetBitrate", mbits(video.target_bitrate)),
    row("encoding", "totalEncodeTime", ms(mean(video, before.server?.video, "total_encode_time", "frames_encoded"))),
    row("keyFrames", "keyFramesEncoded", count(video.key_frames_encoded)),
    row("limit", "qualityLimitationReason", video.quality_limitation_reason),
    row("packets", "packetsSent", count(video.packets_sent)),
    row("repeated", "retransmittedPacketsSent", count(video.retransmitted_packets_sent)),
    row("copied", "", `${sender.copied_packets_sent} · ${sender.repair_packets_sent} · ${sender.probe_packets_sent}`),
    row("asked", "nackCount · pliCount", `${video.nack_count} · ${video.pli_count}`),
    row("overtaken", "", count(sender.frames_dropped)),
  ];
}

function networkRows({ server, transport }) {
  const rows = [row("control", "", transport)];
  if (!server) return rows;
  const { candidate_pair: pair, remote_video: remote, sender } = server;
  return [
    row("carries", "availableOutgoingBitrate", mbits(pair?.available_outgoing_bitrate)),
    row("roundTrip", "roundTripTime", ms(remote?.round_trip_time ?? NaN)),
    row("reportedLoss", "fractionLost", percent(remote?.fraction_lost)),
    row("jitter", "jitter", ms(remote?.jitter)),
    row("queue", "", ms(sender.queue_delay)),
    ...rows,
  ];
}

function delayRows({ clock, freezes }) {
  const show = (samples, p) => ms((percentile(samples, p) ?? NaN) / 1000);
  return [
    row("inputMedian", "", show(clock.inputToPhotonMs, 50)),
    row("input95", "", show(clock.inputToPhotonMs, 95)),
    ...STAGE_ORDER.filter((name) => clock.stages[name]).map((name) => row(`stage_${name}`, "", show(clock.stages[name], 50))),
    row("motionFreezes", "", freezes.known ? `${freezes.count} · ${(freezes.totalMs / 1000).toFixed(1)} s` : NONE),
    row("shown", "", `${clock.framesShown} / ${clock.framesSkipped}`),
  ];
}

/**
 * What the panel shows. `reports` are the browser's, `server` the newest `server_stats` message or null, `before` what
 * came before each of the two ({ reports: [], server: null } at first), `clock` the FrameClock, `freezes` the Freezes,
 * `transport` that of the control channel, `replaced` the newest `encoder` message or null.
 */
export function statisticsGroups(now) {
  const groups = [
    { key: "receiver", name: "inbound-rtp", rows: receiverRows(now) },
    { key: "sender", name: "outbound-rtp", rows: senderRows(now) },
    { key: "network", name: "candidate-pair, remote-inbound-rtp", rows: networkRows(now) },
    { key: "delay", name: "", rows: delayRows(now) },
  ];
  return groups.filter((group) => group.rows.length > 0);
}

// Runs in the viewer's page before its own scripts: notes each input sent, each frame shown and, once a second, its
// pixels. All is kept in the page until the measurement is over, so that fetching it disturbs nothing.
// The strip along the top of each picture (bench/network/stamp.py) says which input and which picture it shows.
(() => {
  const CELLS = 32;
  const STRIP_SHARE = 1 / 36;
  const THRESHOLD = 124;
  const probe = { connections: [], inputs: [], frames: [], samples: [], sampleEveryMs: 0, errors: [] };
  let sampledMs = 0;
  let lastSeq = 0;

  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...values) {
      super(...values);
      probe.connections.push(this);
    }

    createDataChannel(label, options) {
      const { negotiated, id, ...inBand } = options;
      return super.createDataChannel(label, window.networkProbeInBand ? inBand : options);
    }
  };

  const send = RTCDataChannel.prototype.send;
  RTCDataChannel.prototype.send = function (data) {
    if (this.label === "pose") {
      const { seq, yaw } = JSON.parse(data);
      // The page repeats its last input; a new connection begins at 1 again.
      if (seq !== lastSeq) probe.inputs.push([seq, performance.now(), yaw]);
      lastSeq = seq;
    }
    return send.call(this, data);
  };

  const evenRows = (height) => Math.max(2, Math.round((height * STRIP_SHARE) / 2) * 2);

  /** The strip's 32 bits of a frame, as a number. */
  async function readStrip(frame) {
    const { width, height } = frame.visibleRect;
    const rows = evenRows(height);
    const rect = { x: 0, y: 0, width, height: rows };
    const bytes = new Uint8Array(frame.allocationSize({ rect }));
    const [luma] = await frame.copyTo(bytes, { rect });
    const row = luma.offset + (rows >> 1) * luma.stride;
    let bits = 0;
    for (let cell = 0; cell < CELLS; cell += 1) {
      const x = Math.floor(((2 * cell + 1) * width) / (2 * CELLS));
      bits = bits * 2 + (bytes[row + x] > THRESHOLD ? 1 : 0);
    }
    return bits;
  }

  async function sample(frame) {
    const { width, height } = frame.visibleRect;
    const bytes = new Uint8Array(frame.allocationSize());
    const [luma] = await frame.copyTo(bytes);
    const plane = new Uint8Array(width * height);
    for (let row = 0; row < height; row += 1) {
      const begin = luma.offset + row * luma.stride;
      plane.set(bytes.subarray(begin, begin + width), row * width);
    }
    return { width, height, plane };
  }

  async function look(video, nowMs, metadata) {
    const note = { atMs: nowMs, rtp: metadata.rtpTimestamp, presented: metadata.presentedFrames, bits: null };
    probe.frames.push(note);
    const frame = new VideoFrame(video);
    try {
      note.width = frame.visibleRect.width;
      note.height = frame.visibleRect.height;
      note.bits = await readStrip(frame);
      if (probe.sampleEveryMs && nowMs - sampledMs >= probe.sampleEveryMs) {
        sampledMs = nowMs;
        probe.samples.push({ atMs: nowMs, bits: note.bits, ...(await sample(frame)) });
      }
    } catch (error) {
      probe.errors.push(String(error));
    } finally {
      frame.close();
    }
  }

  function watch(video) {
    video.requestVideoFrameCallback((nowMs, metadata) => {
      look(video, nowMs, metadata);
      watch(video);
    });
  }

  /** The standard statistics (W3C webrtc-stats) of the received video; null where nothing is received. */
  probe.inbound = async () => {
    const connection = probe.connections.at(-1);
    const reports = connection ? [...(await connection.getStats()).values()] : [];
    const inbound = reports.find((report) => report.type === "inbound-rtp" && report.kind === "video");
    const codec = reports.find((report) => report.id === inbound?.codecId);
    return inbound ? { ...inbound, mimeType: codec?.mimeType ?? null } : null;
  };

  /** The pixels of a sample in base 64. */
  probe.pixels = async (index) => {
    const url = await new Promise((resolve) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result);
      reader.readAsDataURL(new Blob([probe.samples[index].plane]));
    });
    return url.slice(url.indexOf(",") + 1);
  };

  document.addEventListener("DOMContentLoaded", () => watch(document.getElementById("video")));
  window.networkProbe = probe;
})();

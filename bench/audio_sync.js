// In the page of bench/audio_sync.py: when flashes are seen and beeps are heard, milliseconds of performance.now().

const LOUD = 0.05;
const BRIGHT = 128;
const LISTENER = `
  registerProcessor("onsets", class extends AudioWorkletProcessor {
    constructor() {
      super();
      this.quietUntil = 0;
    }
    process([[left]]) {
      if (!left) return true;
      const index = left.findIndex((sample) => Math.abs(sample) > ${LOUD});
      if (index < 0) return true;
      const at = currentTime + index / sampleRate;
      if (at > this.quietUntil) this.port.postMessage(at);
      this.quietUntil = at + 0.3;
      return true;
    }
  });`;

/** Connects a visitor who only watches and listens; `answer(sdp)` is the sender. */
async function visit(answer) {
  const seen = [];
  const heard = [];
  const connection = new RTCPeerConnection();
  const video = connection.addTransceiver("video", { direction: "recvonly" });
  video.receiver.jitterBufferTarget = 0;
  const audio = connection.addTransceiver("audio", { direction: "recvonly" });
  await connection.setLocalDescription(await connection.createOffer());
  await connection.setRemoteDescription({ type: "answer", sdp: await answer(connection.localDescription.sdp) });
  watch(video.receiver.track, seen);
  await listen(audio.receiver.track, heard);
  return {
    seen,
    heard,
    /** By the browser's own account: how much newer the picture is than the sound, milliseconds; null: not known. */
    async ownAccount() {
      const reports = [...(await connection.getStats()).values()].filter((report) => report.type === "inbound-rtp");
      const [picture, sound] = ["video", "audio"].map((kind) => reports.find((one) => one.kind === kind)?.estimatedPlayoutTimestamp);
      return picture && sound ? picture - sound : null;
    },
  };
}

function watch(track, seen) {
  const element = document.createElement("video");
  Object.assign(element, { muted: true, autoplay: true, srcObject: new MediaStream([track]) });
  document.body.append(element);
  const canvas = Object.assign(document.createElement("canvas"), { width: 8, height: 8 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let bright = false;
  const next = (nowMs, metadata) => {
    context.drawImage(element, 0, 0, 8, 8);
    const brightNow = context.getImageData(4, 4, 1, 1).data[1] > BRIGHT;
    if (brightNow && !bright) seen.push(Math.max(nowMs, metadata.expectedDisplayTime));
    bright = brightNow;
    element.requestVideoFrameCallback(next);
  };
  element.requestVideoFrameCallback(next);
}

async function listen(track, heard) {
  const stream = new MediaStream([track]);
  // Chromium hands a remote track to an AudioContext only while an element plays it too.
  Object.assign(document.body.appendChild(document.createElement("audio")), { muted: true, autoplay: true, srcObject: stream });
  const context = new AudioContext({ latencyHint: "interactive" });
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([LISTENER], { type: "text/javascript" })));
  const onsets = new AudioWorkletNode(context, "onsets", { numberOfOutputs: 0 });
  onsets.port.onmessage = ({ data: contextTime }) => {
    const output = context.getOutputTimestamp();
    heard.push(output.performanceTime + 1000 * (contextTime - output.contextTime));
  };
  context.createMediaStreamSource(stream).connect(onsets);
  await context.resume();
}

// Runs in the viewer's page before its own scripts: sends the inputs of a recorded path in the place of the page's own,
// 30 a second, and notes when each was sent, what the node says of each frame, and when the frame's last packet came.
(() => {
  const STEP_MS = 1000 / 30;
  const PITCH_LIMIT_RAD = 1.5;
  const probe = { inputs: [], frames: [], pictures: [], steps: [] };
  const send = RTCDataChannel.prototype.send;
  let pose = null;
  let entry = null;
  let seq = 0;

  RTCDataChannel.prototype.send = function (data) {
    if (this.label === "pose") pose = this;
    else send.call(this, data);
  };

  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    createDataChannel(label, options) {
      const channel = super.createDataChannel(label, options);
      channel.addEventListener("message", ({ data }) => {
        const message = JSON.parse(data);
        if (message.type === "frame") probe.frames.push([message.rtp, message.seq, message.stages.wait]);
        if (message.type === "welcome") entry = message;
      });
      return channel;
    }
  };

  function sendStep([yaw, pitch, right, forward]) {
    seq += 1;
    const limited = Math.max(-PITCH_LIMIT_RAD, Math.min(PITCH_LIMIT_RAD, entry.pitch + pitch));
    const message = { type: "input", seq, yaw: entry.yaw + yaw, pitch: limited, right, forward };
    probe.inputs.push([seq, performance.now()]);
    send.call(pose, JSON.stringify(message));
  }

  /** Walk once; resolves at the path's end. A step that changes nothing sends nothing, as with the load's visitors. */
  probe.walk = (steps) =>
    new Promise((resolve) => {
      const beganMs = performance.now();
      let index = 0;
      const next = () => {
        const step = steps[index];
        const before = steps[index - 1];
        if (!before || step[2] !== 0 || step[3] !== 0 || step.some((value, at) => value !== before[at])) sendStep(step);
        index += 1;
        if (index === steps.length) resolve();
        else setTimeout(next, Math.max(0, beganMs + index * STEP_MS - performance.now()));
      };
      next();
    });

  function watch(video) {
    video.requestVideoFrameCallback((nowMs, { rtpTimestamp, receiveTime }) => {
      probe.pictures.push([rtpTimestamp, receiveTime, nowMs]);
      watch(video);
    });
  }

  document.addEventListener("DOMContentLoaded", () => watch(document.getElementById("video")));
  window.overheadProbe = probe;
})();

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { inStereo } from "../../control/web/signalling.js";
import { Sound } from "../../control/web/sound.js";

let stored, gestures, element, button, told;

beforeEach(() => {
  stored = new Map();
  gestures = [];
  told = [];
  globalThis.localStorage = { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => stored.set(key, value) };
  globalThis.window = { addEventListener: (_, handler) => gestures.push(handler) };
  element = { srcObject: null, playing: false, refusal: null };
  element.play = async () => {
    if (element.refusal) throw Object.assign(new Error(), { name: element.refusal });
    element.playing = true;
  };
  element.pause = () => (element.playing = false);
  button = { attributes: {}, hidden: true, contains: () => false };
  button.setAttribute = (name, value) => (button.attributes[name] = value);
});

function open() {
  const sound = new Sound(element, button, (on) => told.push(on));
  sound.setStream({});
  sound.setScene({ title: { en: "Music", zh: "音乐" } });
  return sound;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("sound is off until the visitor turns it on, and the server is told", () => {
  const sound = open();
  assert.deepEqual(told, []);
  assert.equal(button.hidden, false);
  button.onclick();
  assert.deepEqual([told, element.playing, button.attributes["aria-pressed"]], [[true], true, "true"]);
  button.onclick();
  assert.deepEqual([told, element.playing, button.attributes["aria-pressed"]], [[true, false], false, "false"]);
  sound.setTexts({ sound: "Sound" }, "zh");
  assert.deepEqual([button.attributes["aria-label"], button.title], ["Sound", "音乐"]);
});

test("the choice is remembered, and waits for a touch where the browser wants one", async () => {
  stored.set("edge-render-sound", "on");
  element.refusal = "NotAllowedError";
  open();
  await settled();
  assert.deepEqual(told, [true, false]);
  element.refusal = null;
  gestures[0]({ target: null });
  assert.deepEqual([told, element.playing], [[true, false, true], true]);
});

test("a scene without sound has no button, and the next one with sound goes on", () => {
  const sound = open();
  button.onclick();
  sound.setScene(null);
  assert.deepEqual([button.hidden, told.at(-1)], [true, false]);
  sound.setScene({ title: null });
  assert.deepEqual([button.hidden, told.at(-1)], [false, true]);
});

test("after a lost connection the server is told again", () => {
  const sound = open();
  button.onclick();
  sound.lost();
  told.length = 0;
  sound.setStream({});
  assert.deepEqual(told, []);
  sound.setScene({ title: null });
  assert.deepEqual(told, [true]);
});

test("without storage it works as well", () => {
  delete globalThis.localStorage;
  open();
  button.onclick();
  assert.deepEqual(told, [true]);
});

test("Opus is asked for in stereo, once, and nothing else is touched", () => {
  const sdp = "a=fmtp:111 minptime=10;useinbandfec=1\r\na=fmtp:63 111/111\r\na=fmtp:96 profile-id=0\r\n";
  const wanted = sdp.replace("useinbandfec=1", "useinbandfec=1;stereo=1");
  assert.equal(inStereo(sdp), wanted);
  assert.equal(inStereo(wanted), wanted);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { deviceClass } from "../../control/web/device.js";

const DESKTOP = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";
const QUEST = "Mozilla/5.0 (X11; Linux x86_64; Quest 3) AppleWebKit/537.36 (KHTML, like Gecko) OculusBrowser/35.0";

test("devices are told by their pointer and screen, headsets by their browser", () => {
  assert.equal(deviceClass(DESKTOP, false, 1080), "desktop");
  assert.equal(deviceClass(DESKTOP, true, 390), "phone");
  assert.equal(deviceClass(DESKTOP, true, 820), "tablet");
  assert.equal(deviceClass(QUEST, true, 1920), "headset");
});

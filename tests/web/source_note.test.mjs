import assert from "node:assert/strict";
import { test } from "node:test";
import { SourceNote } from "../../control/web/source_note.js";
import { textsOf } from "../../control/web/texts.js";

function shown(...messages) {
  const panel = { hidden: true };
  const text = { textContent: "" };
  const note = new SourceNote(panel, text);
  note.setTexts(textsOf("en"), "en");
  for (const message of messages) note.told({ type: "source", retry_s: null, picture_age_s: null, ...message });
  return { note, panel, text };
}

test("a picture that moves has no note, and neither has the end of a recording", () => {
  for (const state of ["playing", "ended"]) assert.equal(shown({ state, picture_age_s: 0 }).panel.hidden, true);
});

test("of a lost camera the time of the last picture is told, in both languages", () => {
  const { note, panel, text } = shown({ state: "lost", picture_age_s: 60, retry_s: 2 });
  const at = new Date(Date.now() - 60_000);
  const minutes = String(at.getMinutes()).padStart(2, "0");
  assert.equal(panel.hidden, false);
  assert.match(text.textContent, new RegExp(`^The camera is not reachable, showing the last picture of \\d\\d:${minutes}\\.$`));
  note.setTexts(textsOf("zh"), "zh");
  assert.match(text.textContent, new RegExp(`\\d\\d:${minutes}`));
  assert.match(text.textContent, /摄像头/);
});

test("it stays while the camera is tried again, and goes when it is back", () => {
  const { note, panel, text } = shown({ state: "lost", picture_age_s: 5 }, { state: "connecting", picture_age_s: 6 });
  assert.match(text.textContent, /last picture/);
  note.told({ state: "playing", picture_age_s: 0, retry_s: null });
  assert.equal(panel.hidden, true);
});

test("without any picture it says what is waited for", () => {
  assert.equal(shown({ state: "connecting" }).text.textContent, "Connecting to the camera …");
  assert.equal(shown({ state: "lost", retry_s: 3 }).text.textContent, "The camera is not reachable.");
});

test("in another scene there is no note", () => {
  const { note, panel } = shown({ state: "lost", picture_age_s: 5 });
  note.clear();
  assert.equal(panel.hidden, true);
});

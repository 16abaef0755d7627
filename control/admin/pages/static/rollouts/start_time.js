// The time at which a roll-out begins, by the browser's clock: without this script the form means UTC.

import { text } from "../shared/page_data.js";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const field = document.getElementById("time");

/** 2026-11-25 17:01 of a moment, by the browser's clock or by UTC. */
function minutes(moment, timeZone) {
  const shown = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short", timeZone });
  return shown.format(moment);
}

function tell() {
  const moment = new Date(field.value);
  const isTime = field.value !== "" && !Number.isNaN(moment.getTime());
  document.getElementById("time-unix-s").value = isTime ? String(moment.getTime() / 1000) : "";
  document.getElementById("time-is").textContent = isTime
    ? text("new-rollout.time-is", { local: minutes(moment, zone), zone, utc: minutes(moment, "UTC") })
    : "";
}

if (field !== null) {
  document.getElementById("time-label").textContent = text("new-rollout.time", { zone });
  field.addEventListener("input", () => {
    document.querySelector('input[name="when"][value="at-time"]').checked = true;
    tell();
  });
  tell();
}

// Keeps the parts of a page that are marked data-live at their newest state, without loading the page anew.
//
// The API's answer at <meta name="live"> is asked for again and again; where it has changed, and every half a minute as
// times go by, the page is fetched and the parts that differ take the place of the old ones. The server alone says how
// a state looks. Focus stays where it is, unless it was within a part that has changed.

import { backoffMs } from "../shared/backoff.js";

const REFRESH_MS = 30_000;
const OPTIONS = { credentials: "same-origin", cache: "no-store" };

const { content: api, dataset } = document.querySelector('meta[name="live"]');
const everyMs = Number(dataset.everyMs);
let known = null;
let refreshedAtMs = performance.now();
let failures = 0;

/** Put the newest parts in place. */
function takeOver(page) {
  for (const part of document.querySelectorAll("[data-live]")) {
    const newest = page.getElementById(part.id);
    if (newest === null || newest.innerHTML === part.innerHTML) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    part.replaceChildren(...newest.childNodes);
    if (focused !== null) refocus(part, focused);
  }
}

/** To what took the place of the element that had the focus; else to where the page's content begins. */
function refocus(part, before) {
  const form = before.closest("form")?.getAttribute("action");
  const same = form
    ? part.querySelector(`form[action="${CSS.escape(form)}"] button`)
    : before.matches("a") && part.querySelector(`a[href="${CSS.escape(before.getAttribute("href"))}"]`);
  (same || part.querySelector(".scrolls") || document.getElementById("content")).focus({ preventScroll: true });
}

async function look() {
  const answer = await fetch(`/api/v1/${api}`, OPTIONS);
  if (answer.status === 401 || answer.status === 404) {
    location.reload(); // leads to the login, or tells what became of it
    return;
  }
  if (!answer.ok) throw new Error(String(answer.status));
  const newest = await answer.text();
  if (newest === known && performance.now() < refreshedAtMs + REFRESH_MS) return;
  const page = await fetch(dataset.page, OPTIONS);
  if (!page.ok) throw new Error(String(page.status));
  takeOver(new DOMParser().parseFromString(await page.text(), "text/html"));
  known = newest;
  refreshedAtMs = performance.now();
}

async function lookAndLater() {
  if (!document.hidden) {
    try {
      await look();
      failures = 0;
    } catch {
      failures += 1; // told below; the next look may have an answer
    }
    const lost = document.getElementById("live-lost");
    if (lost.hidden !== failures < 2) lost.hidden = failures < 2;
  }
  setTimeout(lookAndLater, failures === 0 ? everyMs : everyMs + backoffMs(failures));
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) known = null;
});
lookAndLater();

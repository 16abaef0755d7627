// The page of a version: keeps it at the newest state without loading it anew, and filters the findings.

import { Api, ApiError } from "../shared/api.js";
import { pageData, text } from "../shared/page_data.js";
import { filterFindings } from "./findings_filter.js";

const VALIDATING_MS = 1000;

const api = Api.ofPage();
let shown = { state: pageData.state, revision: pageData.revision };
let lost = false;

function announce(said) {
  document.getElementById("announcement").textContent = said;
}

async function look() {
  try {
    const { state, revision } = await api.get(`versions/${pageData.version}`);
    if (lost) announce("");
    lost = false;
    if (state !== shown.state || revision !== shown.revision) await showNewest(state, revision);
  } catch (error) {
    if (error instanceof ApiError) {
      location.reload(); // leads to the login, or tells what became of it
      return;
    }
    if (!lost) announce(text("live.lost"));
    lost = true;
  }
  lookLater();
}

/** What rests is looked at again when somebody comes back to the page: asking on would keep their session for ever. */
function lookLater() {
  if (shown.state === "validating" || lost) setTimeout(look, VALIDATING_MS);
}

/** Put the newest state in place of what the page shows. Where the focus was in it, it goes to the content's start. */
async function showNewest(state, revision) {
  const response = await fetch(location.pathname, { credentials: "same-origin", cache: "no-store" });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const newest = page.getElementById("live");
  if (!response.ok || newest === null) return;
  const live = document.getElementById("live");
  const focused = live.contains(document.activeElement);
  live.replaceWith(document.adoptNode(newest));
  if (focused) document.getElementById("content").focus();
  shown = { state, revision };
  filterFindings(newest);
  announce(text(state === "validated" || state === "rejected" ? `live.${state}` : "live.changed"));
}

filterFindings(document);
lookLater();
addEventListener("focus", () => shown.state !== "validating" && !lost && look());

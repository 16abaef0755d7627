// The page that uploads a version: choose, hash, compare, send, make the draft. State has one owner, this module.

import { Api, ApiError, ConnectionLost } from "../shared/api.js";
import { pageData, text } from "../shared/page_data.js";
import { asPackage, NoPackage, ofDrop, ofInput } from "./chosen_files.js";
import { FileUnreadable, Hasher } from "./hasher.js";
import { Transfer, waitMs } from "./transfer.js";
import { fileEntries, planUpload } from "./upload_plan.js";
import { UploadView } from "./upload_view.js";

const api = Api.ofPage();
const view = new UploadView();
const { showroom, base, draft } = pageData;

let stage = "choosing"; // then: hashing, ready, sending, making
let chosen = null; // {archive} or {files}, with digests once they are known
let plan = null;
let transfer = null;
let choices = 0;

function enter(next) {
  stage = next;
  view.showStage(next, chosen);
}

async function choose(finding) {
  if (stage === "sending" || stage === "making") return;
  const choice = (choices += 1);
  view.clearError();
  try {
    const found = await finding;
    if (found.length === 0) return;
    chosen = asPackage(found);
    enter("hashing");
    await prepare(() => choice === choices);
  } catch (error) {
    if (choice === choices) fail(error);
  }
}

/** Hash what was chosen and ask what is missing; gives up silently where something else was chosen meanwhile. */
async function prepare(isNewest) {
  const files = chosen.files ?? [{ path: chosen.archive.name, file: chosen.archive }];
  const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
  const hasher = new Hasher();
  let read = 0;
  try {
    const digests = await hasher.digests(files, (some) => {
      read += some;
      if (isNewest()) view.hashed(read, bytes);
    });
    if (!isNewest()) return;
    files.forEach((each, index) => (each.digest = digests[index]));
    if (chosen.archive) chosen.digest = digests[0];
  } finally {
    hasher.close();
  }
  const { missing } = await patiently(() => api.send("POST", "blobs/missing", { digests: [...new Set(files.map(({ digest }) => digest))] }));
  const before = base && chosen.files ? await patiently(() => api.get(`versions/${base.id}/files`)) : [];
  if (!isNewest()) return;
  plan = planUpload(files, missing, before);
  enter("ready");
  view.planned(plan, chosen.files ? base : null);
}

async function send() {
  if (stage === "ready") {
    transfer = new Transfer(api, plan.blobs, () => view.sent(transfer));
    view.sending(transfer);
  }
  enter("sending");
  view.clearError();
  if (await transfer.run()) await makeDraft();
  else if (transfer.state === "failed") fail(transfer.error);
  else if (transfer.state === "signed-out") view.signedOut();
}

async function makeDraft() {
  enter("making");
  try {
    const made = await patiently(() => (draft ? changeDraft() : newDraft()));
    stage = "done";
    location.assign(`/versions/${made.id}`);
  } catch (error) {
    enter("sending");
    fail(error);
  }
}

function newDraft() {
  const told = { note: view.note, edge_class: view.edgeClass };
  if (chosen.archive) {
    return api.send("POST", `showrooms/${showroom}/drafts/from-archive`, { digest: chosen.digest, ...told });
  }
  return api.send("POST", `showrooms/${showroom}/drafts`, { files: fileEntries(chosen.files), ...told });
}

/** Files that the draft was already said to have need nothing but their blobs. */
async function changeDraft() {
  if (plan.changed === 0 && plan.removed === 0) return draft;
  const headers = { "If-Match": `"${draft.revision}"` };
  return api.send("PUT", `versions/${draft.id}/files`, { files: fileEntries(chosen.files) }, { headers });
}

/** Try again as long as there is no answer. */
async function patiently(ask) {
  const never = new AbortController().signal;
  for (;;) {
    try {
      const answer = await ask();
      view.answered();
      return answer;
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      view.unanswered();
      await waitMs(error.afterMs ?? 2000, never);
    }
  }
}

function fail(error) {
  if (error instanceof NoPackage) view.fail(text(error.key, error.values));
  else if (error instanceof FileUnreadable) view.fail(text("upload.unreadable", { path: error.path }));
  else if (error instanceof ApiError && error.isSignedOut) view.signedOut();
  else if (error instanceof ApiError) view.fail(text("upload.refused", { reason: error.message }));
  else view.fail(text("upload.broken", { reason: error.message }));
  if (stage === "hashing") enter("choosing");
}

view.onChosen = (input) => choose(ofInput(input));
view.onDropped = (dataTransfer) => choose(ofDrop(dataTransfer));
view.onSend = send;
view.onPause = () => (transfer.state === "sending" || transfer.state === "waiting" ? transfer.pause() : send());
addEventListener("beforeunload", (event) => {
  if (stage === "sending" || stage === "making") event.preventDefault();
});
enter("choosing");
if (view.chosenInput) choose(ofInput(view.chosenInput));

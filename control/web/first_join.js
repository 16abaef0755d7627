// Asks to be let in as soon as the page's address is known, while the rest of the page is still on its way. What the
// address says is kept here, as a token in it must be seen by nobody else: it is taken out at once.

import { wishOf } from "./guide.js";
import { JoinMemory } from "./join_memory.js";
import { Joining } from "./joining.js";

function takeInvitation() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const token = fragment.get("token");
  if (token === null) return null;
  fragment.delete("token");
  const rest = fragment.size > 0 ? `#${fragment}` : "";
  history.replaceState(history.state, "", `${location.pathname}${location.search}${rest}`);
  return token;
}

function tabStorage() {
  try {
    return window.sessionStorage;
  } catch {
    return undefined; // forbidden: then a page that is loaded again begins anew
  }
}

/** When we began to ask, of performance.now(). */
export const startedMs = performance.now();
export const memory = new JoinMemory(tabStorage());
export const joining = new Joining(memory, takeInvitation());

const query = new URLSearchParams(location.search);
const [showroom, scene] = [query.get("showroom"), query.get("scene")];
joining.askEarly({ ...(showroom && { showroom }), ...(scene && { scene }), ...wishOf(location.search) });

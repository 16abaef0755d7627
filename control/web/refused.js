// What a server says where it can't do what was asked.

/** The server will not have us now; `message` is {en, zh}, `retryAfterMs` when to try again. */
export class Refused extends Error {
  constructor(code, message, retryAfterMs, place = null) {
    super(message?.en ?? code);
    this.code = code;
    this.texts = message;
    this.retryAfterMs = retryAfterMs;
    /** The place in the queue that was taken instead, as {ticket, position}; else null. */
    this.place = place;
  }

  /** From the JSON of an error: `{error: {code, message}}`, and beside it a `ticket` where one now waits. */
  static of(body, fallbackCode, retryAfterMs) {
    const place = typeof body?.ticket === "string" ? { ticket: body.ticket, position: body.position } : null;
    return new Refused(body?.error?.code ?? fallbackCode, body?.error?.message, retryAfterMs, place);
  }
}

/** The response, where it is a good one. Throws Refused. */
export async function checked(response) {
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  const seconds = Number(response.headers.get("Retry-After")) || 2;
  throw Refused.of(body, `http-${response.status}`, seconds * 1000);
}

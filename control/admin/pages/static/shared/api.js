// Requests to the admin's API, with what the session needs; errors say whether another try can help.

/** The API refused; `code` and `message` are its own, `field` where one of the request's fields is wrong. */
export class ApiError extends Error {
  constructor(status, { code = "failed", message = "", field = null } = {}, headers = new Headers()) {
    super(message || code);
    this.status = status;
    this.code = code;
    this.field = field;
    this.headers = headers;
  }

  /** The session is over: log in, then try again. */
  get isSignedOut() {
    return this.status === 401;
  }
}

/** There was no answer, or one that says to come again: a later try may have one. `afterMs` where it was told. */
export class ConnectionLost extends Error {
  constructor(reason, afterMs = null) {
    super(String(reason));
    this.afterMs = afterMs;
  }
}

const TRY_AGAIN = new Set([429, 502, 503, 504]);

export class Api {
  /** `csrfToken` is the session's; `fetch` and its errors are the browser's. */
  constructor(csrfToken, fetchIt = (...request) => fetch(...request)) {
    this._csrfToken = csrfToken;
    this._fetch = fetchIt;
  }

  /** Of the page that this script is in. */
  static ofPage() {
    return new Api(document.querySelector('meta[name="csrf-token"]').content);
  }

  /** The answer of one request. Raises ApiError, ConnectionLost, and AbortError where `signal` says so. */
  async request(method, path, options = {}) {
    try {
      return await this._request(method, path, options);
    } catch (error) {
      // After a new login, in another tab, the session has another token.
      if (error.status !== 403 || method === "GET" || !(await this._tokenIsNew())) throw error;
      return this._request(method, path, options);
    }
  }

  async _tokenIsNew() {
    const { csrf_token: token } = await this.get("me");
    const isNew = token !== null && token !== this._csrfToken;
    if (isNew) this._csrfToken = token;
    return isNew;
  }

  async _request(method, path, { body, headers = {}, signal }) {
    let response;
    try {
      response = await this._fetch(`/api/v1/${path}`, {
        method,
        body,
        signal,
        headers: { ...headers, ...(method === "GET" ? {} : { "X-CSRF-Token": this._csrfToken }) },
        credentials: "same-origin",
        cache: "no-store",
      });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ConnectionLost(error);
    }
    if (TRY_AGAIN.has(response.status)) throw new ConnectionLost(response.status, retryAfterMs(response));
    if (!response.ok) throw new ApiError(response.status, (await json(response))?.error, response.headers);
    return response;
  }

  /** What was answered, as JSON. Raises as `request` does. */
  async get(path, { signal } = {}) {
    return (await this.request("GET", path, { signal })).json();
  }

  /** Send JSON; returns the answer's. Raises as `request` does. */
  async send(method, path, value, { headers = {}, signal } = {}) {
    const sent = { body: JSON.stringify(value), headers: { "Content-Type": "application/json", ...headers }, signal };
    return json(await this.request(method, path, sent));
  }
}

async function json(response) {
  try {
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return null; // 204, or a proxy's page
  }
}

function retryAfterMs(response) {
  const seconds = Number(response.headers.get("Retry-After"));
  return seconds > 0 ? seconds * 1000 : null;
}

// The control messages: two data channels, or a WebSocket where they do not open.

const DATA_CHANNELS_OPEN_MS = 2500;

export class ControlChannel {
  /** `onMessage(message)` for each message of the server; `onOpen()` once messages can be sent. */
  constructor(connection, { onMessage, onOpen }) {
    this.transport = "none";
    this._onMessage = onMessage;
    this._onOpen = onOpen;
    this._closed = false;
    this._pose = connection.createDataChannel("pose", { negotiated: true, id: 0, ordered: false, maxRetransmits: 0 });
    this._command = connection.createDataChannel("command", { negotiated: true, id: 1 });
    for (const channel of [this._pose, this._command]) {
      channel.onmessage = (event) => this._receive(event.data);
    }
    this._command.onopen = () => this._opened("data channels");
  }

  /** Fall back to the WebSocket of this visit, unless the data channels open in time. */
  fallBackTo(url) {
    this._timer = setTimeout(() => {
      if (this._closed || this._command.readyState === "open") return;
      this._socket = new WebSocket(url);
      this._socket.onmessage = (event) => this._receive(event.data);
      this._socket.onopen = () => this._opened("WebSocket");
    }, DATA_CHANNELS_OPEN_MS);
  }

  /** False where it can't be sent now. */
  send(message) {
    const text = JSON.stringify(message);
    const channel = message.type === "input" ? this._pose : this._command;
    if (channel.readyState === "open") channel.send(text);
    else if (this._socket?.readyState === WebSocket.OPEN) this._socket.send(text);
    else return false;
    return true;
  }

  close() {
    this._closed = true;
    clearTimeout(this._timer);
    this._socket?.close();
    for (const channel of [this._pose, this._command]) channel.close();
  }

  _opened(transport) {
    if (this._closed) return;
    this.transport = transport;
    this._onOpen();
  }

  _receive(data) {
    if (!this._closed) this._onMessage(JSON.parse(data));
  }
}

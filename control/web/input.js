// Touch, mouse, keys and stick: from the browser's events to a WalkState, and to taps.

const TAP_MAX_PX = 9;
const TAP_MAX_MS = 350;
const TWO_FINGER_FULL_PX = 110;
const STICK_RADIUS_PX = 46;
const ZOOM_PER_PX = 0.0015;
const ZOOM_KEYS = { Equal: 1.25, NumpadAdd: 1.25, Minus: 0.8, NumpadSubtract: 0.8 };

export class Input {
  /** `onChange()` after every change of the state; `onTap(x, y)` in pixels of the stage. */
  constructor(stage, stick, state, { onChange, onTap, radPerPx }) {
    this._stage = stage;
    this._state = state;
    this._onChange = onChange;
    this._onTap = onTap;
    this._radPerPx = radPerPx;
    this._pointers = new Map();
    stage.addEventListener("pointerdown", (event) => this._down(event));
    stage.addEventListener("pointermove", (event) => this._move(event));
    for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, (event) => this._up(event));
    stage.addEventListener("wheel", (event) => this._wheel(event), { passive: false });
    stage.addEventListener("contextmenu", (event) => event.preventDefault());
    window.addEventListener("keydown", (event) => this._key(event, true));
    window.addEventListener("keyup", (event) => this._key(event, false));
    window.addEventListener("blur", () => this._release());
    this._watchStick(stick, stick.firstElementChild);
  }

  _down(event) {
    if (event.target.closest("button")) return;
    this._stage.setPointerCapture(event.pointerId);
    this._pointers.set(event.pointerId, {
      startX: event.clientX, startY: event.clientY, x: event.clientX, y: event.clientY, at: event.timeStamp, moved: false,
    });
    if (this._pointers.size > 1) for (const pointer of this._pointers.values()) pointer.moved = true;
  }

  _move(event) {
    const pointer = this._pointers.get(event.pointerId);
    if (!pointer) return;
    const [dx, dy] = [event.clientX - pointer.x, event.clientY - pointer.y];
    const apartPx = this._apartPx();
    pointer.x = event.clientX;
    pointer.y = event.clientY;
    if (Math.hypot(pointer.x - pointer.startX, pointer.y - pointer.startY) > TAP_MAX_PX) pointer.moved = true;
    if (this._pointers.size === 1) {
      if (!pointer.moved) return;
      this._state.drag(dx, dy, this._radPerPx());
    } else if (!this._state.canWalk) {
      // Two fingers: what lies under them stays there.
      this._state.zoomBy(this._apartPx() / Math.max(1, apartPx));
      this._state.drag(dx / this._pointers.size, dy / this._pointers.size, this._radPerPx());
    } else {
      let [right, forward] = [0, 0];
      for (const one of this._pointers.values()) {
        right += (one.x - one.startX) / this._pointers.size / TWO_FINGER_FULL_PX;
        forward -= (one.y - one.startY) / this._pointers.size / TWO_FINGER_FULL_PX;
      }
      this._state.stick(right, forward);
    }
    this._onChange();
  }

  _up(event) {
    const pointer = this._pointers.get(event.pointerId);
    if (!pointer) return;
    const fingers = this._pointers.size;
    this._pointers.delete(event.pointerId);
    if (fingers > 1) {
      this._state.stick(0, 0);
      this._onChange();
    } else if (event.type === "pointerup" && !pointer.moved && event.timeStamp - pointer.at <= TAP_MAX_MS) {
      const box = this._stage.getBoundingClientRect();
      this._onTap(event.clientX - box.left, event.clientY - box.top);
    }
  }

  /** How far two fingers are from each other. */
  _apartPx() {
    const [one, other] = this._pointers.values();
    return other ? Math.hypot(one.x - other.x, one.y - other.y) : 0;
  }

  _wheel(event) {
    event.preventDefault();
    const px = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : event.deltaY * 33;
    this._state.zoomBy(Math.exp(-px * ZOOM_PER_PX));
    this._onChange();
  }

  _key(event, down) {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (down && event.target.closest?.("button, a, input") && event.code.startsWith("Arrow")) return;
    if (down && event.code in ZOOM_KEYS) {
      this._state.zoomBy(ZOOM_KEYS[event.code]);
      this._onChange();
      return;
    }
    if (!this._state.key(event.code, down)) return;
    if (event.code.startsWith("Arrow")) event.preventDefault();
    if (!event.repeat) this._onChange();
  }

  _release() {
    this._pointers.clear();
    this._state.releaseAll();
    this._onChange();
  }

  _watchStick(stick, knob) {
    let held = null;
    const set = (right, forward) => {
      knob.style.transform = `translate(${right * STICK_RADIUS_PX}px, ${-forward * STICK_RADIUS_PX}px)`;
      this._state.stick(right, forward);
      this._onChange();
    };
    const follow = (event) => {
      const box = stick.getBoundingClientRect();
      const right = (event.clientX - box.left - box.width / 2) / STICK_RADIUS_PX;
      const forward = -(event.clientY - box.top - box.height / 2) / STICK_RADIUS_PX;
      const length = Math.max(1, Math.hypot(right, forward));
      set(right / length, forward / length);
    };
    stick.addEventListener("pointerdown", (event) => {
      held = event.pointerId;
      stick.setPointerCapture(held);
      follow(event);
    });
    stick.addEventListener("pointermove", (event) => event.pointerId === held && follow(event));
    for (const name of ["pointerup", "pointercancel"]) {
      stick.addEventListener(name, (event) => {
        if (event.pointerId !== held) return;
        held = null;
        set(0, 0);
      });
    }
  }
}

// The visitor's input state: where they look, and how they walk. Pure.

export const PITCH_LIMIT_RAD = (89 * Math.PI) / 180;
const TURN_RAD_PER_S = 1.6;

const WALK_KEYS = { KeyW: [0, 1], ArrowUp: [0, 1], KeyS: [0, -1], ArrowDown: [0, -1], KeyA: [-1, 0], KeyD: [1, 0] };
const TILT_KEYS = { KeyW: 1, ArrowUp: 1, KeyS: -1, ArrowDown: -1 };
const TURN_KEYS = { ArrowLeft: 1, KeyQ: 1, ArrowRight: -1, KeyE: -1 };

export function isWalkKey(code) {
  return code in WALK_KEYS || code in TURN_KEYS;
}

export class WalkState {
  constructor() {
    this.yaw = 0;
    this.pitch = 0;
    /** Where one can only look around, the keys that else walk forward and back tilt. */
    this.canWalk = true;
    /** How much larger things are seen, from 1 to `zoomMax`. */
    this.zoom = 1;
    this.zoomMax = 1;
    this._keys = new Set();
    this._stick = [0, 0];
  }

  /**
   * A `welcome` has come; `before` is the last one, or null. The visitor owns where they look; the node says it only where
   * they arrive: in another scene, or at another place in this one. After a lost connection they look on as they did.
   */
  welcomed(message, before) {
    const arrived =
      before?.scene !== message.scene || (before.visit === message.visit && before.arrivals !== message.arrivals);
    if (arrived) this.look(message.yaw, message.pitch);
    this.canWalk = message.walk;
    this.zoomMax = message.zoom_max;
    this.zoomBy(arrived ? 0 : 1);
  }

  /** See things larger by a factor, or smaller below 1. */
  zoomBy(factor) {
    this.zoom = Math.min(this.zoomMax, Math.max(1, this.zoom * factor));
  }

  look(yaw, pitch) {
    this.yaw = yaw;
    this.pitch = Math.min(PITCH_LIMIT_RAD, Math.max(-PITCH_LIMIT_RAD, pitch));
  }

  /** Drag the world by pixels: it follows the finger. */
  drag(dxPx, dyPx, radPerPx) {
    this.look(this.yaw + dxPx * radPerPx, this.pitch + dyPx * radPerPx);
  }

  /** A thumb stick or two fingers: right and forward, -1..1. */
  stick(right, forward) {
    const length = Math.max(1, Math.hypot(right, forward));
    this._stick = [right / length, forward / length];
  }

  /** True where the key means something here. */
  key(code, down) {
    if (!isWalkKey(code)) return false;
    if (down) this._keys.add(code);
    else this._keys.delete(code);
    return true;
  }

  releaseAll() {
    this._keys.clear();
    this._stick = [0, 0];
  }

  get walking() {
    const { right, forward } = this.snapshot();
    return right !== 0 || forward !== 0;
  }

  get turning() {
    return [...this._keys].some((code) => code in TURN_KEYS || (!this.canWalk && code in TILT_KEYS));
  }

  /** Turn by the keys that are held. */
  advance(seconds) {
    let [turn, tilt] = [0, 0];
    for (const code of this._keys) {
      turn += TURN_KEYS[code] ?? 0;
      if (!this.canWalk) tilt += TILT_KEYS[code] ?? 0;
    }
    const step = TURN_RAD_PER_S * seconds;
    this.look(this.yaw + Math.sign(turn) * step, this.pitch + Math.sign(tilt) * step);
  }

  /** The message's fields: yaw, pitch, zoom, right, forward. */
  snapshot() {
    const { yaw, pitch, zoom } = this;
    if (!this.canWalk) return { yaw, pitch, zoom, right: 0, forward: 0 };
    let [right, forward] = this._stick;
    for (const code of this._keys) {
      const step = WALK_KEYS[code];
      if (step) [right, forward] = [right + step[0], forward + step[1]];
    }
    const clamp = (value) => Math.min(1, Math.max(-1, value));
    return { yaw, pitch, zoom, right: clamp(right), forward: clamp(forward) };
  }
}

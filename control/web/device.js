// What kind of device the visitor has, coarsely, for sums that operators see. Pure.

// Browsers of headsets say so; by their pointers and screens they would be anything.
const HEADSETS = /OculusBrowser|Quest|PicoBrowser|Wolvic|VisionOS|MagicLeap|VIVE/i;
const TABLET_PX = 600;

/** One of "phone", "tablet", "desktop", "headset". `coarse`: its pointer is a finger; `shortSidePx`: of the screen. */
export function deviceClass(userAgent, coarse, shortSidePx) {
  if (HEADSETS.test(userAgent)) return "headset";
  if (!coarse) return "desktop";
  return shortSidePx < TABLET_PX ? "phone" : "tablet";
}

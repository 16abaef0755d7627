// Where things of the world and of the video are on the page. Pure.

/** How object-fit (cover or contain) places a video: page = offset + video * scale, pixels. */
export function placement(boxWidth, boxHeight, videoWidth, videoHeight, fit = "cover") {
  const fill = fit === "cover" ? Math.max : Math.min;
  const scale = fill(boxWidth / videoWidth, boxHeight / videoHeight);
  return { scale, left: (boxWidth - videoWidth * scale) / 2, top: (boxHeight - videoHeight * scale) / 2 };
}

// Pictures are whole macroblocks, so that their shape is never quite the page's.
const SAME_SHAPE = 0.04;

/** How to show a picture that was drawn for another page: whole, with bars, unless its shape is about the page's. */
export function fitOf(box, video) {
  const ratio = (box.width * video.height) / (box.height * video.width);
  return Math.abs(ratio - 1) < SAME_SHAPE ? "cover" : "contain";
}

/** Whether two frames show the same view. */
export function samePose(one, other) {
  const sameAxis = (value, axis) => value === other.position[axis];
  return one.yaw === other.yaw && one.pitch === other.pitch && one.fov_y === other.fov_y && one.position.every(sameAxis);
}

/** A point of the page as fractions of the picture, 0..1 from its top left. */
export function toPicture(x, y, box, video, fit = "cover") {
  const at = placement(box.width, box.height, video.width, video.height, fit);
  const clamp = (value) => Math.min(1, Math.max(0, value));
  return {
    x: clamp((x - at.left) / (video.width * at.scale)),
    y: clamp((y - at.top) / (video.height * at.scale)),
  };
}

/** Where a label points: above the thing, or in a direction, of which it is not known how far away it is. */
export function labelPoint({ position, direction }, frame, liftM) {
  if (direction) return direction.map((part, axis) => frame.position[axis] + part);
  const [x, y, z] = position;
  return [x, y + liftM, z];
}

/**
 * A world position [x, y, z] (metres) on the page, as a frame shows it; null where it is behind the camera.
 * `frame` has position, yaw, pitch (radians, yaw positive to the left) and fov_y, as in the protocol.
 */
export function toPage(point, frame, box, video, fit = "cover") {
  const [dx, dy, dz] = point.map((value, axis) => value - frame.position[axis]);
  const [sinYaw, cosYaw] = [Math.sin(frame.yaw), Math.cos(frame.yaw)];
  const [sinPitch, cosPitch] = [Math.sin(frame.pitch), Math.cos(frame.pitch)];
  const right = dx * cosYaw - dz * sinYaw;
  const back = dx * sinYaw + dz * cosYaw;
  const depth = dy * sinPitch - back * cosPitch;
  if (depth < 0.1) return null;
  const up = dy * cosPitch + back * sinPitch;
  const focal = 1 / Math.tan(frame.fov_y / 2);
  const aspect = video.width / video.height;
  const at = placement(box.width, box.height, video.width, video.height, fit);
  return {
    x: at.left + ((right * focal) / (depth * aspect) + 1) * 0.5 * video.width * at.scale,
    y: at.top + (1 - (up * focal) / depth) * 0.5 * video.height * at.scale,
    depth,
  };
}

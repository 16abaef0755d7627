// Where things of the world and of the video are on the page. Pure.

/** How object-fit: cover places a video: page = offset + video * scale, pixels. */
export function coverPlacement(boxWidth, boxHeight, videoWidth, videoHeight) {
  const scale = Math.max(boxWidth / videoWidth, boxHeight / videoHeight);
  return { scale, left: (boxWidth - videoWidth * scale) / 2, top: (boxHeight - videoHeight * scale) / 2 };
}

/** A point of the page as fractions of the picture, 0..1 from its top left. */
export function toPicture(x, y, box, video) {
  const placement = coverPlacement(box.width, box.height, video.width, video.height);
  const clamp = (value) => Math.min(1, Math.max(0, value));
  return {
    x: clamp((x - placement.left) / (video.width * placement.scale)),
    y: clamp((y - placement.top) / (video.height * placement.scale)),
  };
}

/**
 * A world position [x, y, z] (metres) on the page, as a frame shows it; null where it is behind the camera.
 * `frame` has position, yaw, pitch (radians, yaw positive to the left) and fov_y, as in the protocol.
 */
export function toPage(point, frame, box, video) {
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
  const placement = coverPlacement(box.width, box.height, video.width, video.height);
  return {
    x: placement.left + ((right * focal) / (depth * aspect) + 1) * 0.5 * video.width * placement.scale,
    y: placement.top + (1 - (up * focal) / depth) * 0.5 * video.height * placement.scale,
    depth,
  };
}

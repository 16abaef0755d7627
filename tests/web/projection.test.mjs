import assert from "node:assert/strict";
import { test } from "node:test";
import { layOutLabels } from "../../control/web/label_layout.js";
import { coverRect, projectPoint, radiansPerPixel, toPage, toPicture } from "../../control/web/projection.js";

const HERE = { position: [0, 1.6, 0], yaw: 0, pitch: 0, fov_y: Math.PI / 2 };
const near = (actual, expected) => assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

test("yaw 0 looks along -Z; what is straight ahead is in the middle of the picture", () => {
  const point = projectPoint([0, 1.6, -4], HERE, 16 / 9);
  near(point.x, 0.5);
  near(point.y, 0.5);
  near(point.depth, 4);
});

test("a field of view of 90 degrees puts what is as high as far at the upper edge", () => {
  near(projectPoint([0, 1.6 + 4, -4], HERE, 2).y, 0);
  near(projectPoint([8, 1.6, -4], HERE, 2).x, 1);
});

test("yaw is positive to the left, pitch upwards", () => {
  near(projectPoint([-4, 1.6, 0], { ...HERE, yaw: Math.PI / 2 }, 1).x, 0.5);
  const up = projectPoint([0, 1.6 + 3, -4], { ...HERE, pitch: Math.atan2(3, 4) }, 1);
  near(up.y, 0.5);
  near(up.depth, 5);
  assert.ok(projectPoint([0, 1.6, -4], { ...HERE, yaw: 0.2 }, 1).x > 0.5, "turned left, it moves to the right");
});

test("yaw and pitch together agree with the server's ray through that point", () => {
  const pose = { position: [1, 1.5, 2], yaw: 0.7, pitch: -0.3, fov_y: 1.1 };
  const aspect = 1.5;
  const [x, y, distance] = [0.3, 0.8, 6];
  const tangent = Math.tan(pose.fov_y / 2);
  const camera = [(2 * x - 1) * tangent * aspect, (1 - 2 * y) * tangent, -1];
  const [cy, sy, cp, sp] = [Math.cos(0.7), Math.sin(0.7), Math.cos(-0.3), Math.sin(-0.3)];
  const tilted = [camera[0], cp * camera[1] - sp * camera[2], sp * camera[1] + cp * camera[2]];
  const world = [cy * tilted[0] + sy * tilted[2], tilted[1], -sy * tilted[0] + cy * tilted[2]];
  const point = projectPoint(
    world.map((part, axis) => pose.position[axis] + part * distance),
    pose,
    aspect,
  );
  near(point.x, x);
  near(point.y, y);
});

test("what is behind the camera has no place", () => {
  assert.equal(projectPoint([0, 1.6, 4], HERE, 1), null);
  assert.equal(projectPoint([0, 1.6, 0], HERE, 1), null);
});

test("cover shows the middle of the picture, and taps map back to the same point", () => {
  const rect = coverRect(1280, 720, 1000, 720);
  assert.deepEqual(rect, { left: -140, top: 0, width: 1280, height: 720 });
  assert.deepEqual(toPicture(500, 360, rect), { x: 0.5, y: 0.5 });
  near(toPicture(0, 0, rect).x, 140 / 1280);
  const there = toPage({ x: 0.25, y: 0.9 }, rect);
  const back = toPicture(there.x, there.y, rect);
  near(back.x, 0.25);
  near(back.y, 0.9);
  assert.deepEqual(toPicture(-500, 9999, rect), { x: 0, y: 1 }, "held within the picture");
});

test("dragging by a pixel moves the middle of the picture by a pixel", () => {
  const rect = coverRect(1280, 720, 1280, 720);
  const angle = radiansPerPixel(HERE.fov_y, rect);
  const moved = projectPoint([0, 1.6, -4], { ...HERE, yaw: angle }, 1280 / 720);
  assert.ok(Math.abs(toPage(moved, rect).x - 641) < 0.01);
});

test("labels: nearer ones open, one in their way stays a dot, those out of view are left out", () => {
  const rect = coverRect(1000, 1000, 1000, 1000);
  const places = layOutLabels(
    [
      { id: "far", position: [0.05, 1.6, -5], textWidth: 120 },
      { id: "near", position: [0, 1.6, -2], textWidth: 120 },
      { id: "aside", position: [-1.5, 1.6, -2], textWidth: 120 },
      { id: "very-far", position: [15, 1.6, -30], textWidth: 120 },
      { id: "behind", position: [0, 1.6, 3], textWidth: 120 },
      { id: "outside", position: [9, 1.6, -3], textWidth: 120 },
    ],
    HERE,
    1,
    rect,
    { width: 1000, height: 1000 },
  );
  assert.deepEqual([...places.keys()].sort(), ["aside", "far", "near", "very-far"]);
  assert.deepEqual(
    ["near", "far", "aside", "very-far"].map((id) => places.get(id).open),
    [true, false, true, false],
  );
  near(places.get("near").x, 500);
});

"""Camera mathematics: poses, view and projection matrices, rays. No GL, no I/O.

Frames: world space is right-handed, Y up, metres, as in glTF 2.0. Camera space looks along -Z with
+X to the right and +Y up. All angles are radians. Matrices are 4x4, float64, column vectors
(``clip = projection @ view @ world``), row-major in memory as numpy lays them out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Vec3: TypeAlias = tuple[float, float, float]
Quaternion: TypeAlias = tuple[float, float, float, float]
Matrix: TypeAlias = NDArray[np.float64]

PITCH_LIMIT_RAD = math.radians(89.0)


def limited_pitch(pitch_rad: float) -> float:
    """The pitch that is allowed and nearest."""
    return max(-PITCH_LIMIT_RAD, min(PITCH_LIMIT_RAD, pitch_rad))


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a camera is and where it looks.

    ``position``: metres, world space. ``orientation``: unit quaternion (x, y, z, w) that rotates
    camera space to world space.
    """

    position: Vec3
    orientation: Quaternion

    @staticmethod
    def from_yaw_pitch(position: Vec3, yaw_rad: float, pitch_rad: float) -> Pose:
        """Yaw turns about world +Y, positive to the left, 0 looks along -Z; pitch is positive upwards."""
        half_yaw, half_pitch = yaw_rad / 2.0, pitch_rad / 2.0
        cy, sy = math.cos(half_yaw), math.sin(half_yaw)
        cp, sp = math.cos(half_pitch), math.sin(half_pitch)
        return Pose(position, (cy * sp, sy * cp, -sy * sp, cy * cp))

    def yaw_pitch(self) -> tuple[float, float]:
        """The angles that :meth:`from_yaw_pitch` takes (roll is left out); yaw from -pi to pi."""
        x, y, z, w = self.orientation
        pitch_rad = math.asin(max(-1.0, min(1.0, 2.0 * (x * w - y * z))))
        return math.atan2(2.0 * (x * z + y * w), 1.0 - 2.0 * (x * x + y * y)), pitch_rad

    def rotation(self) -> Matrix:
        """Rotation camera to world, shape (3, 3)."""
        x, y, z, w = self.orientation
        return np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
            ]
        )

    def world_matrix(self) -> Matrix:
        """Camera to world, shape (4, 4)."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.rotation()
        matrix[:3, 3] = self.position
        return matrix

    def view_matrix(self) -> Matrix:
        """World to camera, shape (4, 4): the inverse of :meth:`world_matrix`."""
        rotation = self.rotation()
        matrix = np.eye(4)
        matrix[:3, :3] = rotation.T
        matrix[:3, 3] = -rotation.T @ np.asarray(self.position)
        return matrix


@dataclass(frozen=True, slots=True)
class Ray:
    """A half line in world space; ``direction`` has length 1."""

    origin: Vec3
    direction: Vec3


def perspective(fov_y_rad: float, aspect: float, near_m: float, far_m: float) -> Matrix:
    """Perspective projection to OpenGL clip space (z from -w to +w), shape (4, 4)."""
    f = 1.0 / math.tan(fov_y_rad / 2.0)
    matrix = np.zeros((4, 4))
    matrix[0, 0] = f / aspect
    matrix[1, 1] = f
    matrix[2, 2] = (far_m + near_m) / (near_m - far_m)
    matrix[2, 3] = 2.0 * far_m * near_m / (near_m - far_m)
    matrix[3, 2] = -1.0
    return matrix


def ray_through(pose: Pose, fov_y_rad: float, aspect: float, x: float, y: float) -> Ray:
    """The ray through a point of the picture; (0, 0) is its top left and (1, 1) its bottom right."""
    tangent = math.tan(fov_y_rad / 2.0)
    camera = np.array([(2.0 * x - 1.0) * tangent * aspect, (1.0 - 2.0 * y) * tangent, -1.0])
    world = pose.rotation() @ (camera / np.linalg.norm(camera))
    return Ray(pose.position, (float(world[0]), float(world[1]), float(world[2])))

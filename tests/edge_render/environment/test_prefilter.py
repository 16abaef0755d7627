"""Prefiltered light against integrals that are known, and against sums over the whole picture."""

from __future__ import annotations

import numpy as np
import pytest

from edge_render.environment.cubes import cube_directions
from edge_render.environment.prefilter import IRRADIANCE_SIZE, prefilter
from edge_render.scene import EnvironmentLight
from tests.edge_render.panorama.pictures import equirect_directions

HEIGHT = 128


def sunny() -> np.ndarray:
    """A dim sky with a sun of a few texels, which gives most of the light."""
    picture = np.full((HEIGHT, 2 * HEIGHT, 3), (0.1, 0.12, 0.15), np.float32)
    picture[30:33, 170:173] = (3000.0, 2600.0, 2200.0)
    return picture


def summed_up(picture: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Irradiance over pi of surfaces that face ``normals`` (n, 3), of all texels: (n, 3)."""
    angles = np.sin((np.arange(HEIGHT) + 0.5) / HEIGHT * np.pi) * (np.pi / HEIGHT) ** 2
    light = (picture * angles[:, None, None]).reshape(-1, 3) / np.pi
    result: np.ndarray = np.maximum(normals @ equirect_directions(2 * HEIGHT).reshape(-1, 3).T, 0.0) @ light
    return result


@pytest.fixture(scope="module")
def of_sunny() -> EnvironmentLight:
    return prefilter(sunny())


def test_what_is_the_same_all_around_stays_what_it_is() -> None:
    made = prefilter(np.full((64, 128, 3), (0.25, 0.5, 1.0), np.float32))
    assert made.irradiance.reshape(-1, 3) == pytest.approx(
        np.tile((0.25, 0.5, 1.0), (6 * IRRADIANCE_SIZE**2, 1)), rel=5e-3
    )
    for level in made.specular:
        assert level.reshape(-1, 3).astype(float) == pytest.approx(
            np.tile((0.25, 0.5, 1.0), (level.size // 3, 1)), rel=5e-3
        )


def test_a_sun_lights_one_side_and_leaves_the_shade_its_own_light(of_sunny: EnvironmentLight) -> None:
    normals = cube_directions(IRRADIANCE_SIZE).reshape(-1, 3)
    exact = summed_up(sunny(), normals)
    assert exact.max() > 10.0 * exact.min(), "there is shade"
    error = np.abs(of_sunny.irradiance.reshape(-1, 3) - exact)
    assert (error <= 0.03 * exact + 0.01 * exact.max()).all()
    # An error that is little beside the light of the sunny side may be half of what the shade has.
    shade = exact[:, 0] < 1.5 * exact[:, 0].min()
    assert of_sunny.irradiance.reshape(-1, 3)[shade] == pytest.approx(exact[shade], rel=0.1)


@pytest.mark.parametrize(
    ("face", "column"), [(0, 192), (1, 64), (4, 0), (5, 128)], ids=["right: +X", "left: -X", "behind: +Z", "middle: -Z"]
)
def test_the_middle_of_the_picture_is_ahead_and_its_right_half_to_the_right(face: int, column: int) -> None:
    picture = np.zeros((HEIGHT, 2 * HEIGHT, 3), np.float32)
    picture[56:72, [(column + offset) % 256 for offset in range(-8, 8)]] = 50.0
    made = prefilter(picture)
    assert int(made.irradiance.mean(axis=(1, 2, 3)).argmax()) == face
    assert int(made.specular[0].mean(axis=(1, 2, 3), dtype=np.float64).argmax()) == face


def test_up_is_up() -> None:
    picture = np.zeros((HEIGHT, 2 * HEIGHT, 3), np.float32)
    picture[:8] = 5.0
    made = prefilter(picture)
    assert int(made.irradiance.mean(axis=(1, 2, 3)).argmax()) == 2
    assert int(made.specular[0].mean(axis=(1, 2, 3), dtype=np.float64).argmax()) == 2


def test_reflections_get_softer_with_roughness_and_keep_the_light(of_sunny: EnvironmentLight) -> None:
    peaks = [float(level.max()) for level in of_sunny.specular]
    assert peaks == sorted(peaks, reverse=True)
    assert peaks[0] > 100.0 * peaks[-1]

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.visits.picture_size import ALIGN_PX, fit, scaled, vertical_fov


@pytest.mark.parametrize(
    ("screen", "picture"),
    [
        ((1920, 1080), (1280, 720)),
        ((1280, 720), (1280, 720)),
        ((640, 360), (640, 352)),
        ((1170, 2532), (592, 1280)),
        ((1080, 1920), (720, 1280)),
    ],
)
def test_a_picture_has_the_shape_of_the_screen(screen: tuple[int, int], picture: tuple[int, int]) -> None:
    assert fit(*screen, 1280, 720) == picture


@given(st.integers(16, 8192), st.integers(16, 8192))
def test_every_screen_gets_whole_macroblocks_within_the_limits(width: int, height: int) -> None:
    picture = fit(width, height, 1280, 720)
    assert all(side % ALIGN_PX == 0 and side >= ALIGN_PX for side in picture)
    assert max(picture) <= 1280 + ALIGN_PX / 2
    assert min(picture) <= 720 + ALIGN_PX / 2


def test_a_smaller_picture_of_the_same_view_is_aligned_too() -> None:
    assert scaled(1280, 720, 0.75) == (960, 544)
    assert scaled(64, 36, 0.1) == (16, 16)


def test_an_upright_phone_still_sees_a_useful_width() -> None:
    upright = vertical_fov(math.radians(60), 9 / 19.5)
    horizontal = 2 * math.atan(math.tan(upright / 2) * 9 / 19.5)
    assert math.radians(50) < horizontal < math.radians(60)
    assert vertical_fov(math.radians(60), 16 / 9) == math.radians(60)

from __future__ import annotations

import math

from stream.picture.quality import COARSE, PER_HALVED_BITS, CodedPicture, PicturePlan, QualityLadder

FPS = 30.0
FULL_PIXELS = 1280 * 720


class Visitor:
    """Moves at 30 pictures a second; the encoder is a rule: half the bits for a pixel, 6 steps coarser."""

    def __init__(self, quantiser_at_3_mbps: float = 0.6) -> None:
        self.ladder = QualityLadder(0.0)
        self.now_s = 0.0
        self.plans: list[PicturePlan] = [self.ladder.plan]
        self._quantiser = quantiser_at_3_mbps

    def quantiser(self, target_bps: int) -> float:
        plan = self.ladder.plan
        bits = target_bps / (plan.scale**2 * plan.rate)
        return min(1.0, max(0.0, self._quantiser - PER_HALVED_BITS * math.log2(bits / 3e6)))

    def move(self, seconds: float, target_bps: int, resting: bool = False, says_quantiser: bool = True) -> None:
        for _ in range(round(seconds * FPS)):
            self.now_s += 1 / FPS
            plan = self.ladder.plan
            quantiser = 0.2 if resting else self.quantiser(target_bps)
            pixels = round(FULL_PIXELS * plan.scale**2)
            picture = CodedPicture(pixels, quantiser if says_quantiser else None, target_bps, FPS, resting)
            self.ladder.on_picture(picture, self.now_s)
            if self.ladder.plan != self.plans[-1]:
                self.plans.append(self.ladder.plan)


def test_a_good_link_gets_the_full_picture() -> None:
    visitor = Visitor()
    visitor.move(20, 4_000_000)
    assert visitor.plans == [PicturePlan()]


def test_a_narrow_link_gets_fewer_pixels_that_are_not_coarse() -> None:
    visitor = Visitor()
    visitor.move(5, 700_000)
    assert visitor.ladder.plan.scale < 1.0
    assert visitor.ladder.plan.rate == 1.0, "pixels go before frames"
    assert visitor.quantiser(700_000) <= COARSE


def test_frames_go_when_pixels_are_not_enough() -> None:
    visitor = Visitor()
    visitor.move(10, 150_000)
    assert visitor.ladder.plan.scale == 0.5
    assert visitor.ladder.plan.rate < 1.0


def test_a_rate_that_falls_is_answered_before_the_pictures_are_coarse() -> None:
    visitor = Visitor()
    visitor.move(5, 5_000_000)
    visitor.move(0.3, 700_000)
    assert visitor.ladder.plan.scale < 1.0


def test_the_picture_grows_again_when_the_link_allows_it() -> None:
    visitor = Visitor()
    visitor.move(5, 500_000)
    visitor.move(20, 5_000_000)
    assert visitor.ladder.plan == PicturePlan()


def test_a_link_between_two_steps_does_not_make_the_picture_change_all_the_time() -> None:
    visitor = Visitor()
    for _ in range(20):
        visitor.move(3, 1_100_000)
        visitor.move(3, 1_500_000)
    assert len(visitor.plans) <= 6, "two minutes of a link that swings"


def test_a_resting_picture_gets_its_full_size_and_the_first_move_the_smaller_one_again() -> None:
    visitor = Visitor()
    visitor.move(5, 500_000)
    moving = visitor.ladder.plan
    assert moving.scale < 1.0
    visitor.move(1, 500_000, resting=True)
    assert visitor.ladder.plan.scale == 1.0
    visitor.move(1 / FPS, 500_000)
    assert visitor.ladder.plan == moving


def test_without_a_quantiser_the_bits_per_pixel_tell() -> None:
    visitor = Visitor()
    visitor.move(5, 300_000, says_quantiser=False)
    assert visitor.ladder.plan.scale < 1.0


def test_a_link_that_is_wide_again_is_climbed_at_once() -> None:
    visitor = Visitor()
    visitor.move(5, 150_000)
    visitor.move(3.5, 12_000_000)
    assert visitor.plans[-1] == PicturePlan()
    assert visitor.plans[-2].rate < 1.0, "no steps between"

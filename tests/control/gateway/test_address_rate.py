"""How often something may be done from one address."""

from __future__ import annotations

from control.gateway.address_rate import NETWORKS_MAX, AddressRate


def tries(rate: AddressRate, address: str, now_s: float, count: int) -> int:
    """How many of these are allowed."""
    allowed = 0
    for _ in range(count):
        if not rate.wait_s(address, now_s):
            rate.count(address, now_s)
            allowed += 1
    return allowed


def test_so_many_at_once_and_again_as_time_goes_by() -> None:
    rate = AddressRate(10, 60.0)
    assert tries(rate, "192.0.2.1", 0.0, 20) == 10
    assert rate.wait_s("192.0.2.1", 0.0) > 5.9
    assert tries(rate, "192.0.2.1", 12.0, 20) == 2
    assert tries(rate, "192.0.2.1", 1000.0, 20) == 10


def test_one_address_is_nothing_to_another() -> None:
    rate = AddressRate(1, 60.0)
    assert tries(rate, "192.0.2.1", 0.0, 5) == 1
    assert tries(rate, "192.0.2.2", 0.0, 5) == 1
    assert tries(rate, "2001:db8::1", 0.0, 5) == 1
    assert tries(rate, "2001:db8::2", 0.0, 5) == 0, "one customer has the whole network"


def test_memory_is_bounded() -> None:
    rate = AddressRate(1, 60.0)
    for number in range(NETWORKS_MAX + 10):
        rate.count(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 0.0)
    assert len(rate._forgiven_at) == NETWORKS_MAX

"""How much a place may ask: nobody gets a full bucket by making others forget the empty one."""

import pytest

from sightline.web.rate_limits import PlaceLimiter, RateLimiter, derive_place


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def drained(buckets: RateLimiter, key: str) -> int:
    tries = 0
    while not buckets.wait_s(key):
        tries += 1
    return tries


def test_a_flood_from_other_places_gives_nobody_new_tries() -> None:
    clock = Clock()
    buckets = RateLimiter(10, 10 / 60, clock, places=100)
    assert drained(buckets, "192.0.2.1") == 10
    waited = [buckets.wait_s(f"198.51.100.{number}") for number in range(1_000)]
    assert sum(one == 0 for one in waited) == 99 and len(buckets) == 100
    assert buckets.wait_s("192.0.2.1") > 0
    clock.seconds = 6.1
    assert drained(buckets, "192.0.2.1") == 1


def test_a_full_rate_limiter_refuses_new_keys_even_without_taking() -> None:
    buckets = RateLimiter(10, 10 / 60, Clock(), places=2)
    for key in "ab":
        drained(buckets, key)
    assert buckets.wait_s("c", takes=False) > 0


def test_addresses_with_full_buckets_are_forgotten_and_others_stay() -> None:
    clock = Clock()
    buckets = RateLimiter(10, 10 / 60, clock, places=3)
    drained(buckets, "attacker")
    assert buckets.wait_s("b") == 0 and buckets.wait_s("c") == 0
    clock.seconds = 7
    assert buckets.wait_s("d") == 0 and len(buckets) == 2
    assert drained(buckets, "attacker") == 1
    clock.seconds = 120
    assert drained(buckets, "attacker") == 10


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:0DB8:0001:0002:ffff::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_a_place_is_an_ipv4_address_or_the_64_of_an_ipv6_one(address: str, place: str) -> None:
    assert derive_place(address) == place


def test_an_ipv6_site_cannot_use_up_the_buckets_of_others() -> None:
    """A /48 has 65,536 places: sixteen times the tries of one, and never so many buckets that others wait."""
    limits = PlaceLimiter(10, 10 / 60, Clock())
    places = [derive_place(f"2001:db8:7:{number:x}::1") for number in range(20_000)]
    assert sum(limits.wait_s(place) == 0 for place in places) == 160
    assert limits.wait_s(derive_place("2001:db8:8::1")) == 0
    assert limits.wait_s("192.0.2.1") == 0

"""What a face remembers for a while is shared fairly between keys."""

from __future__ import annotations

import pytest

from concordat.api.expiring import Allowance, Expiring
from concordat.errors import Refused

ONE, TWO = b"one", b"two"
SECOND_US = 1_000_000


def test_a_value_is_good_until_its_time_and_taken_once() -> None:
    memory: Expiring[int] = Expiring(10, share=5)
    assert memory.keep(ONE, "a", 7, now_us=0)
    assert memory.get("a", now_us=10) == 7
    assert memory.get("a", now_us=11) is None
    assert memory.take("a", now_us=10) == 7
    assert memory.take("a", now_us=10) is None


def test_a_name_is_kept_once_while_it_lives() -> None:
    memory: Expiring[None] = Expiring(10, share=5)
    assert memory.keep(ONE, "a", None, now_us=0)
    assert not memory.keep(ONE, "a", None, now_us=10)
    assert memory.keep(ONE, "a", None, now_us=11)


def test_a_full_share_refuses_its_owner_alone_and_says_when_there_is_room() -> None:
    memory: Expiring[None] = Expiring(10 * SECOND_US, share=2)
    memory.keep(ONE, "a", None, now_us=0)
    memory.keep(ONE, "b", None, now_us=SECOND_US)
    with pytest.raises(Refused, match=r"auth\.share_used") as caught:
        memory.keep(ONE, "c", None, now_us=2 * SECOND_US)
    assert caught.value.retry_after_s == 8
    assert memory.keep(TWO, "c", None, now_us=2 * SECOND_US)
    assert not memory.keep(ONE, "b", None, now_us=2 * SECOND_US)
    assert memory.keep(ONE, "d", None, now_us=10 * SECOND_US + 1)


def test_the_newest_pushes_out_its_owners_oldest_and_nobody_elses() -> None:
    memory: Expiring[int] = Expiring(10, share=3)
    memory.keep_newest(TWO, "two", 0, now_us=0)
    for number in range(50):
        memory.keep_newest(ONE, f"one {number}", number, now_us=1)
    assert memory.get("two", now_us=1) == 0
    assert [memory.get(f"one {number}", now_us=1) for number in (0, 46, 47, 48, 49)] == [None, None, 47, 48, 49]


def test_when_there_is_no_room_the_largest_share_gives_way() -> None:
    memory: Expiring[str] = Expiring(10, share=2)
    memory.keep_newest(TWO, "two", "hers", now_us=0)
    for number in range(240):
        memory.keep_newest(b"%d" % (number // 2), str(number), "", now_us=0)
    assert memory.get("two", now_us=0) == "hers"
    assert sum(memory.get(str(number), now_us=0) is not None for number in range(240)) == 199


def test_so_many_a_minute_and_then_when_there_is_one_again() -> None:
    allowance = Allowance(2)
    assert [allowance.take("a", time_us) for time_us in (0, 10 * SECOND_US, 20 * SECOND_US)] == [0, 0, 40]
    assert [allowance.take("b", 20 * SECOND_US) for _ in range(3)] == [0, 0, 60]
    assert [allowance.take("a", 60 * SECOND_US) for _ in range(3)] == [0, 0, 60]
    assert [allowance.take("b", time_us * SECOND_US) for time_us in (79, 80)] == [1, 0]

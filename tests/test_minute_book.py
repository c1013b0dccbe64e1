"""Minutes close by event time, once, and nothing that came late is lost."""

from collections import Counter

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.models.minute import DEPTH_BUCKETS, MAX_USERS
from groundswell.models.minute_book import Closed, MinuteBook, Tally

LATENESS = 90_000
MINUTE = 60_000


def test_a_minute_closes_when_the_watermark_has_passed_its_end_by_the_lateness() -> None:
    book = MinuteBook(LATENESS)
    book.tally("f", 10 * MINUTE + 5).add("turns")
    assert not list(book.advance(11 * MINUTE + LATENESS - 1))
    [closed] = book.advance(11 * MINUTE + LATENESS)
    assert (closed.minute, closed.late, closed.counts["f"].turns) == (10, 0, 1)
    assert not list(book.advance(99 * MINUTE))


def test_minutes_close_in_order_and_empty_ones_are_left_out() -> None:
    book = MinuteBook(0)
    for minute in (5, 3, 9):
        book.tally("f", minute * MINUTE).add("turns")
    assert [closed.minute for closed in book.advance(100 * MINUTE)] == [3, 5, 9]


def test_time_does_not_run_backwards() -> None:
    book = MinuteBook(0)
    list(book.advance(10 * MINUTE))
    list(book.advance(MINUTE))
    assert book.watermark == 10 * MINUTE


def test_what_comes_late_counts_in_the_earliest_open_minute_and_is_noted() -> None:
    book = MinuteBook(LATENESS)
    list(book.advance(20 * MINUTE + LATENESS))
    book.tally("f", 3 * MINUTE).add("turns")
    book.tally("f", 20 * MINUTE).add("turns")
    [closed] = book.advance(30 * MINUTE)
    assert (closed.minute, closed.late, closed.counts["f"].turns) == (20, 1, 2)


def test_users_are_distinct_and_bounded() -> None:
    tally = Tally()
    for number in range(100):
        tally.add_user(f"u{number % 50:02d}")
    assert len(tally.count().users) == MAX_USERS
    assert list(tally.count().users) == sorted(set(tally.count().users))


@pytest.mark.parametrize(("turns", "bucket"), [(1, 0), (2, 0), (3, 1), (48, 7), (49, 8), (10_000, 8)])
def test_depth_falls_into_the_bucket_of_its_upper_bound(turns: int, bucket: int) -> None:
    tally = Tally()
    tally.add_depth(turns)
    depth = tally.count().depth
    assert len(depth) == len(DEPTH_BUCKETS) + 1
    assert depth[bucket] == sum(depth) == 1


def test_versions_beyond_the_eighth_share_a_name_and_lose_no_count() -> None:
    tally = Tally()
    for number in range(30):
        tally.add_version("release", f"r{number}")
    tally.add_version("release", None)
    releases = tally.count().releases
    assert len(releases) == 9
    assert releases["other"] == 22
    assert sum(releases.values()) == 30


Step = tuple[str, int, str]
STEPS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 40 * MINUTE), st.sampled_from(["turns", "completed"])),
    max_size=40,
)


def go(book: MinuteBook, step: Step) -> list[Closed]:
    fine, time, name = step
    tally = book.tally(fine, time)
    tally.add(name)
    tally.add_user(f"u{time % 7}")
    tally.add_version("release", f"r{time % 11}")
    tally.add_depth(time % 60)
    return list(book.advance(time))


@given(STEPS)
def test_every_count_comes_out_exactly_once(steps: list[Step]) -> None:
    book = MinuteBook(LATENESS)
    closed = [one for step in steps for one in go(book, step)]
    closed += book.advance(1_000 * MINUTE)
    found: Counter[tuple[str, str]] = Counter()
    for one in closed:
        for fine, count in one.counts.items():
            found[fine, "turns"] += count.turns
            found[fine, "completed"] += count.completed
    assert +found == Counter((fine, name) for fine, _, name in steps)
    assert [one.minute for one in closed] == sorted({one.minute for one in closed})


@given(STEPS, st.data())
def test_a_book_restored_at_any_point_goes_on_alike(steps: list[Step], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(steps)))
    whole, first = MinuteBook(LATENESS), MinuteBook(LATENESS)
    for step in steps[:cut]:
        go(whole, step)
        go(first, step)
    second = MinuteBook.from_json(LATENESS, orjson.loads(orjson.dumps(first.to_json())))
    assert [go(whole, step) for step in steps[cut:]] == [go(second, step) for step in steps[cut:]]
    assert orjson.dumps(whole.to_json()) == orjson.dumps(second.to_json())


def test_partitions_that_catch_up_at_different_speeds_do_not_make_each_other_late() -> None:
    book = MinuteBook(0)
    list(book.advance(5 * MINUTE, partition=0))
    assert not list(book.advance(90 * MINUTE, partition=1))
    book.tally("a", 6 * MINUTE).add("turns")
    [closed] = book.advance(60 * MINUTE, partition=0)

    assert (closed.minute, closed.late) == (6, 0)


def test_a_partition_that_is_silent_for_a_day_is_not_waited_for() -> None:
    book = MinuteBook(0)
    list(book.advance(5 * MINUTE, partition=0))
    book.tally("a", 7 * MINUTE).add("turns")
    day = 24 * 60

    assert not list(book.advance((day + 4) * MINUTE, partition=1))
    assert [closed.minute for closed in book.advance((day + 6) * MINUTE, partition=1)] == [7]

"""Positions tell repeats from news."""

from hypothesis import given
from hypothesis import strategies as st

from groundswell.models.position import Positions, Source

SOURCES = st.builds(
    Source,
    log=st.sampled_from(["a", "b"]),
    partition=st.integers(0, 2),
    offset=st.integers(0, 5),
    index=st.integers(0, 2),
)


def at(offset: int, index: int = 0, partition: int = 0, log: str = "a") -> Source:
    return Source(log=log, partition=partition, offset=offset, index=index)


def test_a_position_is_news_once() -> None:
    seen = Positions()
    assert seen.take(at(3))
    assert not seen.take(at(3))
    assert not seen.take(at(2))
    assert seen.take(at(3, index=1))
    assert seen.take(at(4))


def test_partitions_are_apart() -> None:
    seen = Positions()
    seen.take(at(9, partition=0))
    assert seen.take(at(1, partition=1))


def test_a_log_that_restarted_has_another_name_and_is_not_old() -> None:
    seen = Positions()
    seen.take(at(900, log="a"))
    assert not seen.covers(at(0, log="b"))
    assert seen.take(at(0, log="b"))
    assert not seen.take(at(0, log="b"))


def test_a_repeat_changes_nothing() -> None:
    seen = Positions()
    seen.take(at(5))
    before = seen.to_json()
    seen.take(at(4))
    assert seen.to_json() == before


@given(st.lists(SOURCES), st.lists(SOURCES))
def test_positions_restored_anywhere_go_on_alike(before: list[Source], after: list[Source]) -> None:
    whole, first = Positions(), Positions()
    for source in before:
        whole.take(source)
        first.take(source)
    second = Positions.from_json(first.to_json())
    assert [whole.take(source) for source in after] == [second.take(source) for source in after]
    assert whole.to_json() == second.to_json()


def test_the_order_in_which_partitions_were_seen_does_not_show() -> None:
    one, other = Positions(), Positions()
    for partition in (0, 1, 10, 2):
        one.take(at(1, partition=partition))
    for partition in (10, 2, 1, 0):
        other.take(at(1, partition=partition))
    assert list(one.to_json().items()) == list(other.to_json().items())

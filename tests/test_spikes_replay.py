import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spikes_minutes import DAY, START, count, history, live, minute_of, run

from groundswell.models.minute import Count
from groundswell.models.spikes.state import SpikeState

RATES = {"a": 0.5, "b": 1.0, "c": 2.0, "d": 0.1}
NOW = START + 3 * DAY


def eventful():
    """Yield two days with a spike, failures, a merge, a split, a fold, a newcomer and gaps."""
    yield from history(RATES, 3)
    yield from live({**RATES, "a": 5.0}, NOW, 80, failing={"b": 0.7})
    merged = {f: ("bc" if f in "bc" else f) for f in RATES}
    counts = {"b": count(NOW + 80, "b", 2, version="v2")}
    yield minute_of(NOW + 80, counts, merged, regrouped=True)
    for message in live({**RATES, "new": 1.5}, NOW + 81, 60, seed=7):
        groups = {f: merged.get(f, f) for f in message.counts}
        yield message.model_copy(update={"groups": groups})
    later = NOW + 700
    split = {"a": "a", "b": "b", "c": "c", "new": "new"}
    yield minute_of(later, {"a": count(later, "a", 1)}, split, regrouped=True, moved={"d": "a"})
    yield from live({"a": 0.5, "b": 1.0, "c": 2.0, "new": 1.0}, later + 1, 60, seed=3)
    yield from live({"a": 0.5, "b": 1.0, "c": 2.0}, later + 2 * DAY, 40, seed=4)


def test_a_state_restored_after_every_minute_gives_the_same_bytes():
    whole, records, cut = SpikeState("acme", "support"), {}, SpikeState("acme", "support")
    seen = 0
    for message in eventful():
        expected = [s.encode() for s in whole.minute(message)]
        assert [s.encode() for s in cut.minute(message)] == expected
        seen += len(expected)
        changed = whole.changes()
        assert cut.changes() == changed
        records |= changed
        cut = SpikeState("acme", "support")
        cut.restore(records)
    assert seen > 8


def test_records_do_not_depend_on_how_often_they_are_taken():
    often, once, records = SpikeState("acme", "support"), SpikeState("acme", "support"), {}
    for message in eventful():
        often.minute(message)
        records |= often.changes()
        once.minute(message)
    final = once.changes()
    assert [name for name in final if name not in records] == []
    assert dict(sorted(records.items())) == final


def test_a_minute_changes_the_records_of_the_intents_that_it_counts_and_no_more():
    state = SpikeState("acme", "support")
    run(state, history(RATES, 2))
    state.changes()
    assert state.changes() == {}
    minute = START + 2 * DAY - 30
    state.minute(minute_of(minute, {"b": count(minute, "b", 1)}))
    changed = state.changes()
    assert len(changed) == 2
    assert orjson.loads(changed["watch-0001"].payload)["intent"] == "b"
    assert sum(len(record.payload) for record in changed.values()) < 4000


def test_slots_of_vanished_intents_are_emptied_and_used_again():
    state, records = SpikeState("acme", "support"), {}
    for day in range(40):
        minute = START + day * 50
        fine = f"f{day}"
        state.minute(minute_of(minute, {fine: count(minute, fine, 3)}, regrouped=True))
        records |= state.changes()
    assert len(records) <= 3
    restored = SpikeState("acme", "support")
    restored.restore(records)
    assert set(restored.watches.by_intent) == {"f39"}


def test_an_intent_that_nobody_came_to_for_months_is_forgotten():
    state = SpikeState("acme", "support")
    state.minute(minute_of(START, {"old": count(START, "old", 1), "b": count(START, "b", 50)}))
    for day in range(1, 100):
        minute = START + day * DAY
        state.minute(minute_of(minute, {"b": count(minute, "b", 50)}))
    assert set(state.watches.by_intent) == {"b"}


def test_minutes_without_traffic_may_be_left_out_or_sent_empty():
    sparse, dense = SpikeState("acme", "support"), SpikeState("acme", "support")
    messages = {m.minute: m for m in (*history(RATES, 2), *live({**RATES, "d": 2.0}, START + 2 * DAY, 300))}
    spikes = run(sparse, list(messages.values()))
    full = []
    for minute in range(START, START + 2 * DAY + 300):
        full += dense.minute(messages.get(minute, minute_of(minute, {})))
    assert [s.fingerprint for s in full] == [s.fingerprint for s in spikes]
    assert spikes


def test_an_intent_that_is_not_mentioned_is_expected_like_one_counted_with_nothing():
    lazy, eager = SpikeState("acme", "support"), SpikeState("acme", "support")
    run(lazy, history(RATES, 2))
    run(eager, history(RATES, 2))
    seen, now = [], START + 2 * DAY
    for message in (*live(RATES, now, 80), *live({**RATES, "d": 2.0}, now + 80, 200)):
        every = {fine: message.counts.get(fine, Count()) for fine in RATES}
        full = message.model_copy(update={"counts": every, "groups": {fine: fine for fine in RATES}})
        found, expected = lazy.minute(message), eager.minute(full)
        assert [(s.onset_minute, s.observed) for s in found] == [
            (s.onset_minute, s.observed) for s in expected
        ]
        assert [s.statistic for s in found] == pytest.approx([s.statistic for s in expected], abs=1e-5)
        seen += found
    assert seen


def test_a_minute_of_another_agent_is_refused():
    state = SpikeState("acme", "sales")
    with pytest.raises(ValueError, match="acme/support was given to the spikes of acme/sales"):
        state.minute(minute_of(START, {}))


def test_a_minute_that_comes_too_late_counts_as_the_last_one():
    state = SpikeState("acme", "support")
    run(state, live(RATES, START + 100, 60))
    last = state.traffic.minute
    state.minute(minute_of(START, {"a": count(START, "a", 1)}))
    assert state.traffic.minute == last


numbers = st.integers(-(2**70), 2**70)
hostile = st.builds(
    Count,
    turns=numbers,
    conversations=numbers,
    users=st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=4).map(tuple),
    completed=numbers,
    abandoned=numbers,
    failed=numbers,
    prompt_versions=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), numbers, max_size=3),
)


@given(
    st.lists(
        st.tuples(
            st.integers(-200, 5 * DAY),
            st.dictionaries(st.sampled_from("abcde"), hostile, max_size=3),
            st.dictionaries(st.sampled_from("abcde"), st.sampled_from("ABC"), max_size=5),
            st.dictionaries(st.sampled_from("abcde"), st.sampled_from("abcde"), max_size=3),
            st.booleans(),
            numbers,
        ),
        max_size=12,
    )
)
@settings(max_examples=150, deadline=None)
def test_hostile_minutes_neither_raise_nor_break_the_state(stream):
    state, records = SpikeState("acme", "support"), {}
    for step, counts, groups, moved, regrouped, conversations in stream:
        message = minute_of(
            START + step, counts, groups, regrouped=regrouped, moved=moved, conversations=conversations
        )
        for spike in state.minute(message):
            spike.encode()
        records |= state.changes()
        again = SpikeState("acme", "support")
        again.restore(records)
        assert again.watches.home == state.watches.home
        assert set(again.watches.by_intent) == set(again.watches.home.values())

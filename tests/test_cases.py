"""Where goals break and which are kept for contrast: true of the newest outcomes, bounded, in any order."""

from collections import Counter
from typing import Any

import numpy as np
import orjson
import pytest
from test_agent_commands import Desk
from test_agent_intents import MESSAGES, START, message, need, run

from groundswell.models.agent_intents import AgentIntents
from groundswell.models.case_book import SLOTS, CaseBook
from groundswell.models.cases import FAILURES, MAX_DAYS, MAX_STEPS, MAX_VERSIONS, OTHER, Cases, Settled
from groundswell.models.history import EVENTS, INTENTS, SHARDS, History
from groundswell.models.intent_event import IntentEvent
from groundswell.models.intent_page import intent_page
from groundswell.models.intents.reservoir import HALF_LIFE_MS, KEPT, Kept, sample
from groundswell.models.turn import SegmentOutcome, TurnRead

DAY = 24 * 3600 * 1000


def failed(step: str, time: int = START, version: str = "v1") -> Settled:
    return Settled("failed", time, step, version)


def done(time: int = START) -> Settled:
    return Settled("completed", time, "", "v1")


def random_settling(seed: int) -> list[tuple[str, Settled]]:
    random = np.random.default_rng(seed)
    settled = []
    for number in range(400):
        status = str(random.choice(["completed", "failed", "abandoned", "unknown"]))
        step = f"tool:t{int(random.zipf(1.4)) % 60}" if status in FAILURES else ""
        how = Settled(status, START + int(random.integers(40)) * DAY, step, f"v{random.integers(9)}")
        settled.append((f"conversation-{number % 150}", how))
    return settled


# -- the reservoir


def test_a_sample_is_the_same_in_whatever_order_its_items_come() -> None:
    items = [Kept(f"c{number}", 0, START + number * 1000) for number in range(300)]
    whole = sample(items)
    assert len(whole) == KEPT
    for seed in range(5):
        kept: list[Kept] = []
        for place in np.random.default_rng(seed).permutation(len(items)):
            kept = sample([*kept, items[place]])
        assert kept == whole


def test_items_of_one_time_are_kept_alike_and_an_item_of_a_half_life_ago_half_as_often() -> None:
    new: Counter[int] = Counter()
    for trial in range(3000):
        items = [Kept(f"{trial}-{number}", 0, START - (number % 2) * HALF_LIFE_MS) for number in range(60)]
        new.update(item.time == START for item in sample(items))
    share = new[True] / (new[True] + new[False])
    assert 0.64 < share < 0.69  # two thirds


def test_what_is_seen_today_takes_the_place_of_what_was_kept_long_ago() -> None:
    old = sample(Kept(f"old{number}", 0, START) for number in range(1000))
    new = [Kept(f"new{number}", 0, START + 200 * DAY) for number in range(KEPT)]
    assert sample([*old, *new]) == sample(new)


# -- cases


@pytest.mark.parametrize("seed", range(6))
def test_taking_every_outcome_back_leaves_nothing(seed: int) -> None:
    cases, last = Cases(), dict[str, Settled]()
    for conversation, how in random_settling(seed):
        if conversation in last:
            cases.take_back(conversation, 0, last[conversation])
        cases.add(conversation, 0, how)
        last[conversation] = how
        assert sum(cases.steps.values()) == sum(one.status in FAILURES for one in last.values())
        assert cases.settled == len(last)
        assert all(count > 0 for count in cases.steps.values())
        assert len(cases.steps.keys() - {OTHER}) <= MAX_STEPS
        assert len(cases.versions.keys() - {OTHER}) <= MAX_VERSIONS
        assert len(cases.days) <= MAX_DAYS
        standing = {(one, "failed" if how.status in FAILURES else how.status) for one, how in last.items()}
        assert {(item.conversation, "failed") for item in cases.failed} <= standing
        assert {(item.conversation, "completed") for item in cases.succeeded} <= standing
    for conversation, how in last.items():
        cases.take_back(conversation, 0, how)
    assert (cases.steps, cases.settled, cases.failed, cases.succeeded) == ({}, 0, [], [])


def test_a_step_that_comes_late_but_often_is_not_lost_among_the_others() -> None:
    cases = Cases()
    for number in range(MAX_STEPS * 3):
        cases.add(f"early{number}", 0, failed(f"tool:t{number}"))
        cases.add(f"again{number}", 0, failed(f"tool:t{number}"))
    for number in range(30):
        cases.add(f"late{number}", 0, failed("refusal"))
    assert max(cases.steps.items(), key=lambda item: (item[0] != OTHER, item[1])) == ("refusal", 30)
    assert sum(cases.steps.values()) == MAX_STEPS * 6 + 30


def test_merged_cases_add_up_and_keep_the_sample_of_both() -> None:
    left, right, both = Cases(), Cases(), Cases()
    for number in range(40):
        how = failed(f"tool:t{number % 5}") if number % 3 else done()
        (left if number % 2 else right).add(f"c{number}", 0, how)
        both.add(f"c{number}", 0, how)
    left.merge(right)
    assert left.to_json() == both.to_json()
    assert orjson.dumps(
        Cases.from_json(orjson.loads(orjson.dumps(left.to_json()))).to_json()
    ) == orjson.dumps(both.to_json())


def test_the_book_is_bounded_and_the_smallest_gives_way() -> None:
    book = CaseBook()
    for number in range(SLOTS):
        for goal in range(2):
            book.settle(f"f{number}", f"c{number}", goal, None, done())
    book.settle("one", "x", 0, None, done())
    assert len([slot for slot in book.slots if slot]) == SLOTS
    book.settle("two", "y", 0, None, done())
    assert book.of(["one"]).settled == 0
    assert book.of(["two"]).settled == 1
    restored = CaseBook.restore(book.changes())
    assert restored.slots == book.slots
    assert restored.of(["f7"]) == book.of(["f7"])


def test_all_cases_of_an_agent_take_at_most_two_and_a_half_megabytes() -> None:
    book = CaseBook()
    uuid = "11111111-2222-5333-8444-555555555555"
    for number in range(SLOTS):
        for case in range(40):
            how = failed(f"repeated_call:{'x' * 42}{case:06d}", START + case * DAY, f"{case:06d}{'v' * 60}")
            book.settle(f"01E8CY5RJR2WEBF4AYN7AY{number:04d}", uuid[:-6] + f"{case:06d}", 0, None, how)
            book.settle(f"01E8CY5RJR2WEBF4AYN7AY{number:04d}", uuid[:-6] + f"{case:06d}", 1, None, done())
    assert sum(len(record.payload) for record in book.changes().values()) <= 2_500_000


# -- in the fold of an agent's turns


def outcome(offset: int, status: str, step: str = "", **fields: Any) -> TurnRead:
    one = SegmentOutcome(segment=0, status=status, probability=1.0, turns=3, step=step)  # type: ignore[arg-type]
    about = {"type": "outcome", "conversation": "c", "outcomes": (one,), "final": True}
    return message(offset, **{**about, **fields})


def cases_of(state: AgentIntents) -> Cases:
    return state.cases.of(fine for fine, _ in (slot for slot in state.cases.slots if slot))


def test_an_outcome_that_takes_a_failure_back_takes_its_breaking_step_back() -> None:
    _, _, state = run([need(0), outcome(1, "failed", "tool_error:get_order", prompt_version="v1")])
    assert cases_of(state).steps == {"tool_error:get_order": 1}
    assert [item.conversation for item in cases_of(state).failed] == ["c"]
    later = outcome(2, "completed", prompt_version="v2")
    _, _, state = run([need(0), outcome(1, "failed", "tool_error:get_order", prompt_version="v1"), later])
    cases = cases_of(state)
    assert (cases.steps, cases.failed) == ({}, [])
    assert [item.conversation for item in cases.succeeded] == ["c"]
    assert cases.versions == {"v2": {"completed": 1}}
    assert [counts for _, counts in sorted(cases.days.items())] == [[1, 0]]


def test_the_same_outcome_with_another_step_moves_the_step() -> None:
    _, _, state = run([need(0), outcome(1, "failed", "question"), outcome(2, "failed", "refusal")])
    assert cases_of(state).steps == {"refusal": 1}
    assert [item.step for item in cases_of(state).failed] == ["refusal"]


def test_a_repeated_outcome_counts_once() -> None:
    _, _, state = run([need(0), *(outcome(place, "failed", "question") for place in (1, 1, 2, 3))])
    assert cases_of(state).steps == {"question": 1}


def test_a_forgotten_conversation_is_no_longer_kept_for_contrast() -> None:
    forget = message(2, type="forget", conversation="c")
    _, records, state = run([need(0), outcome(1, "failed", "question"), forget])
    assert cases_of(state).failed == []
    assert cases_of(state).steps == {"question": 1}  # a count is of nobody
    assert not [name for name in records if name.startswith("case") and b'"c"' in records[name][0]]


def test_what_is_counted_is_what_stands_however_the_intents_were_regrouped() -> None:
    _, _, state = run(MESSAGES)
    standing: dict[str, tuple[str, str]] = {}
    seen = set()
    for one in MESSAGES:
        if one.passes:
            seen.add(one.conversation)
        if one.type == "outcome" and one.conversation in seen:
            standing[one.conversation] = one.outcomes[0].status, one.outcomes[0].step
    found = cases_of(state)
    expected = Counter(step for status, step in standing.values() if status in FAILURES)
    assert len(expected) > 3, "the stream has too few steps to show anything"
    assert Counter(found.steps) == expected
    live = state.cases.of(state.engine.groups())
    assert sum(live.steps.values()) > 0.9 * sum(expected.values())
    for intent in sorted(set(state.engine.groups().values())):
        fines = [fine for fine, owner in state.engine.groups().items() if owner == intent]
        for item in state.cases.of(fines).failed:
            first = next(iter(state.ledger.assigned[item.conversation].segments.values()))
            assert state.engine.resolve(first.fine) == intent


def test_the_state_is_written_and_read_bit_for_bit() -> None:
    _, _, state = run(MESSAGES)
    _, _, again = run(MESSAGES, restarts=[len(MESSAGES) - 1])
    assert again is not state
    assert again.cases.slots == state.cases.slots
    assert again.shapes.shapes == state.shapes.shapes
    assert again.history.shards == state.history.shards
    assert any(state.history.shards)
    assert state.shapes.shapes


# -- history


def event(intent: str, number: int, name: str) -> IntentEvent:
    return IntentEvent(
        id=f"{intent}{number}", source="s", type="intent.renamed.v1", subject=intent, time=f"t{number}",
        tenant="acme", agent="shop", intent_id=intent, change="renamed", name=name, actor="human",
        previous_name="before",
    )  # fmt: skip


def test_a_history_keeps_the_newest_events_of_the_intents_last_heard_of() -> None:
    history = History()
    history.note(event("I", number, f"n{number}") for number in range(EVENTS + 5))
    assert [past.time for past in history.of("I")] == [f"t{number}" for number in range(5, EVENTS + 5)]
    assert history.of("I")[-1].actor == "human"
    for number in range(4 * SHARDS * INTENTS):
        history.note([event(f"x{number}", 0, "n")])
    assert history.of("I") == ()
    assert all(len(shard) <= INTENTS for shard in history.shards)
    restored = History.restore(history.changes())
    assert [list(shard.items()) for shard in restored.shards] == [list(one.items()) for one in history.shards]


def test_a_merge_by_a_person_carries_the_cases_along_and_both_histories_tell_it() -> None:
    desk = Desk()
    gone, into = desk.live[1], desk.live[0]
    groups = desk.state.engine.groups()
    fines = {one: [fine for fine, owner in groups.items() if owner == one] for one in (gone, into)}
    before = Counter(desk.state.cases.of(fines[gone]).steps) + Counter(desk.state.cases.of(fines[into]).steps)
    assert before
    taken = desk.give("merge", intents=[gone], into=into)
    assert [answer.status for answer in taken.answers] == ["applied"]
    assert desk.state.engine.resolve(fines[gone][0]) == into
    merged = [fine for fine, owner in desk.state.engine.groups().items() if owner == into]
    assert Counter(desk.state.cases.of(merged).steps) == before
    mine, other = desk.state.history.of(gone)[-1], desk.state.history.of(into)[-1]
    assert (mine.change, mine.actor, mine.by, mine.lineage) == ("merged", "human", "pm@acme.example", (into,))
    assert ("took_in", (gone,)) in [(past.change, past.lineage) for past in desk.state.history.of(into)]
    assert other.by == "pm@acme.example"
    page = intent_page(desk.state, gone)
    assert page is not None
    assert (page.id, page.asked) == (into, gone)


def test_what_a_person_says_an_intent_is_stands_on_its_page() -> None:
    desk = Desk()
    desk.give("describe", intent=desk.live[0], description="They want their money back.")
    page = intent_page(desk.state, desk.live[0])
    assert page is not None
    assert page.description == "They want their money back."
    assert "described" in [past.change for past in page.history]


def test_names_that_may_have_been_somebodys_turn_are_forgotten() -> None:
    history = History()
    history.note([event("I", 0, "my name is Ann")])
    history.changes()
    history.forget_names(["I", "unknown"])
    [record] = history.changes().values()
    assert b"Ann" not in record.payload
    assert [past.change for past in history.of("I")] == ["renamed"]


def test_the_order_of_state_keys_does_not_tell_how_it_came_about() -> None:
    one, other = Cases(), Cases()
    for cases, order in ((one, (0, 1, 2, 3)), (other, (3, 1, 0, 2))):
        for number in order:
            cases.add(f"c{number}", 0, failed(f"tool:t{number}", START + number * DAY, f"v{number}"))
    assert orjson.dumps(one.to_json()) == orjson.dumps(other.to_json())

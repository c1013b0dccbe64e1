"""An agent's intents are a fold over its turns: no cut, restart or repeat changes what comes of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from groundswell.models.agent_intents import AgentIntents, Taken
from groundswell.models.assigned import Assigned
from groundswell.models.intent_event import IntentEvent
from groundswell.models.intents.params import EngineParams
from groundswell.models.minute import Count, IntentMinute
from groundswell.models.position import Source
from groundswell.models.record import StateRecord
from groundswell.models.turn import SegmentOutcome, TurnRead, encode_vector

START = 1_760_000_000_000
PARAMS = EngineParams(dimension=24, axes=12, micros=128, gap=128, forwards=256, provisionals=60)
WORDS = ("cancel order", "refund", "change flight", "lost card", "table for two", "reset password")
LATENESS = 60_000
COUNTED = ("turns", "conversations", "completed", "abandoned", "escalated", "failed", "unknown", "repaired")
COUNTED += ("tool_errors", "thumbs_up", "thumbs_down")


@dataclass
class Keeper:
    """A store of our own: what was committed, and the state as it is rebuilt from it."""

    records: dict[str, StateRecord] = field(default_factory=dict)
    conversations: dict[str, StateRecord] = field(default_factory=dict)

    def commit(self, state: AgentIntents) -> None:
        self.records |= state.changes()
        changed, opened = state.ledger.conversations()
        assert changed.keys() == opened.keys()
        self.conversations |= {key: record for key, (_, record) in changed.items()}

    def rebuild(self) -> AgentIntents:
        return AgentIntents(
            "acme", "support", self.records, self.conversations.items(), lateness_ms=LATENESS, params=PARAMS
        )

    def bytes(self) -> dict[str, Any]:
        both = {**self.records, **self.conversations}
        return {
            name: (one.payload, None if one.vector is None else one.vector.tobytes())
            for name, one in both.items()
        }


def message(offset: int, **fields: Any) -> TurnRead:
    at = Source(log="events", partition=fields.pop("partition", 0), offset=offset)
    about = {"tenant": "acme", "agent": "support", "time": START + offset * 4_000, "source": at}
    return TurnRead.model_validate({**about, **fields})


def stream(seed: int, number: int, noise: float = 0.09) -> list[TurnRead]:
    """Turns of conversations that interleave, each about one of some needs; outcomes, and corrections."""
    random = np.random.default_rng(seed)
    middles = random.normal(size=(len(WORDS), 24))
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    messages: list[TurnRead] = []
    for offset in range(number):
        talk = random.integers(number // 6)
        need = int(random.integers(len(WORDS) if offset > number // 2 else 4))
        conversation = f"conversation-{talk}-{need}"
        common = {"conversation": conversation, "conversation_id": conversation, "segment": 0}
        draw = random.random()
        if draw < 0.55:
            point = middles[need] + random.normal(0, noise, 24)
            point /= np.linalg.norm(point)
            more = {"vector": encode_vector(point.astype(np.float32)), "passes": True, "role": "user"}
            more |= {"text": f"I want {WORDS[need]} number {offset}", "user": f"u{need}", "release": "r1"}
        elif draw < 0.7:
            more = {"role": "user", "text": "yes", "signals": ("correction",) if draw < 0.62 else ()}
        elif draw < 0.8:
            more = {"role": "tool", "tool": "t", "tool_error": True}
        elif draw < 0.92:
            status = ("completed", "failed", "abandoned")[int(random.integers(3))]
            step = "" if status == "completed" else f"tool:t{offset % 6}"
            outcome = SegmentOutcome(
                segment=0, status=status, probability=1, turns=int(random.integers(60)), step=step
            )  # type: ignore[arg-type]
            more = {"type": "outcome", "outcomes": (outcome,), "final": True}
            more |= {"prompt_version": f"v{offset // 250}"}
        elif draw < 0.96:
            more = {"type": "feedback", "score": float(random.choice([-1, 0, 1]))}
        else:
            common, more = {}, {"type": "tick"}
        late = 300_000 if offset % 37 == 5 else 0
        messages.append(message(offset, **common, **more, time=START + offset * 4_000 - late))
    end = START + number * 4_000 + 600_000
    return [*messages, message(number, type="tick", time=end)]


def at(place: int) -> Source:
    return Source(log="turns", partition=0, offset=place)


def said(taken: Taken | None) -> Any:
    if taken is None:
        return None
    values = [one.encode() for one in (*taken.minutes, *taken.events, *taken.answers)]
    return values, taken.counted


def run(messages: Sequence[TurnRead], commits: Sequence[int] = (), restarts: Sequence[int] = ()) -> Any:
    """Fold *messages*; commit after those places, and rebuild from what was committed after these."""
    keeper = Keeper()
    state = keeper.rebuild()
    outputs = []
    for place, one in enumerate(messages):
        outputs.append(said(state.take(one, at(place))))
        if place in commits or place in restarts or place == len(messages) - 1:
            keeper.commit(state)
        if place in restarts:
            state = keeper.rebuild()
    return outputs, keeper.bytes(), state


def minutes(outputs: Sequence[Any]) -> list[IntentMinute]:
    values = [value for one in outputs if one for value in one[0] if b"intent.minute.v1" in value]
    return [IntentMinute.model_validate_json(value) for value in values]


MESSAGES = stream(10, 700)


@pytest.fixture(scope="module")
def undisturbed() -> tuple[Any, Any]:
    outputs, records, state = run(MESSAGES)
    assert len(state.engine.intents()) > 3
    assert (
        sum(b'"intent.' in value and b"minute" not in value for one in outputs if one for value in one[0]) > 3
    )
    return outputs, records


@pytest.mark.parametrize("batch", [1, 7, 64, 500])
def test_batch_cuts_change_nothing(batch: int, undisturbed: tuple[Any, Any]) -> None:
    outputs, records, _ = run(MESSAGES, commits=range(batch - 1, len(MESSAGES), batch))
    assert (outputs, records) == undisturbed


@pytest.mark.parametrize("seed", range(4))
def test_restarts_at_random_points_change_nothing(seed: int, undisturbed: tuple[Any, Any]) -> None:
    places = np.random.default_rng(seed).choice(len(MESSAGES), 40, replace=False).tolist()
    outputs, records, _ = run(MESSAGES, commits=places[:20], restarts=places[20:])
    assert (outputs, records) == undisturbed


def test_a_restart_after_every_message_changes_nothing() -> None:
    few = MESSAGES[:220]
    whole, records, _ = run(few)
    assert run(few, restarts=range(len(few)))[:2] == (whole, records)


def test_repeats_by_position_are_dropped_wherever_they_come(undisturbed: tuple[Any, Any]) -> None:
    outputs, records = undisturbed
    keeper = Keeper()
    state = keeper.rebuild()
    for place, one in enumerate(MESSAGES):
        assert said(state.take(one, at(place))) == outputs[place]
        for earlier in MESSAGES[max(0, place - 3) : place + 1]:
            assert state.take(earlier, at(place)) is None
    keeper.commit(state)
    assert keeper.bytes() == records


def test_every_turn_is_counted_once_in_some_minute(undisturbed: tuple[Any, Any]) -> None:
    outputs, _ = undisturbed
    found: Counter[str] = Counter()
    for minute in minutes(outputs):
        assert minute.conversations == sum(count.conversations for count in minute.counts.values())
        assert minute.turns == sum(count.turns for count in minute.counts.values())
        for count in minute.counts.values():
            found.update({name: getattr(count, name) for name in COUNTED})
    seen, expected = set(), Counter[str]()
    ever = {one.conversation for one in MESSAGES if one.passes}
    for one in MESSAGES:
        if one.passes:
            seen.add(one.conversation)
        known = one.conversation in seen
        expected["turns"] += one.type == "turn" and one.role == "user" and known
        expected["tool_errors"] += one.tool_error and known
        expected["thumbs_up"] += one.type == "feedback" and (one.score or 0) > 0 and one.conversation in ever
        expected["thumbs_down"] += (
            one.type == "feedback" and (one.score or 0) < 0 and one.conversation in ever
        )
    assert {name: found[name] for name in expected} == expected
    assert sum(minute.late for minute in minutes(outputs)) > 0


def test_the_outcomes_that_stand_are_the_last_ones(undisturbed: tuple[Any, Any]) -> None:
    outputs, _ = undisturbed
    last: dict[str, str] = {}
    seen = set()
    for one in MESSAGES:
        if one.passes:
            seen.add(one.conversation)
        if one.type == "outcome" and one.conversation in seen:
            last[one.conversation] = one.outcomes[0].status
    found: Counter[str] = Counter()
    for minute in minutes(outputs):
        for count in minute.counts.values():
            for status in ("completed", "failed", "abandoned"):
                found[status] += getattr(count, status)
    assert +found == Counter(last.values())


def told(offset: int, status: str) -> TurnRead:
    outcome = {"segment": 0, "status": status, "probability": 1.0, "turns": 3}
    return message(offset, type="outcome", conversation="c", outcomes=(outcome,), final=True)


def need(offset: int, **fields: Any) -> TurnRead:
    vector = np.zeros(24, np.float32)
    vector[0] = 1
    common = {"conversation": "c", "role": "user", "passes": True, "vector": encode_vector(vector)}
    return message(offset, **{**common, "text": "cancel my order", **fields})


def one_minute(*messages: TurnRead) -> Count:
    closing = message(messages[-1].source.offset + 1, type="tick", time=START + 3_600_000)
    outputs, _, _ = run([*messages, closing])
    [minute] = minutes(outputs)
    [count] = minute.counts.values()
    return count


def test_a_corrected_outcome_takes_the_earlier_one_back() -> None:
    outputs, _, _ = run(
        [
            need(0),
            told(1, "failed"),
            message(2, type="tick", time=START + 600_000),
            told(3, "completed").model_copy(update={"time": START + 660_000}),
            message(4, type="tick", time=START + 1_200_000),
        ]
    )
    first, second = (next(iter(minute.counts.values())) for minute in minutes(outputs))
    assert (first.failed, first.completed) == (1, 0)
    assert (second.failed, second.completed, sum(second.depth)) == (-1, 1, 1)
    counted = [(one.status, one.number) for one in outputs[3][1]]
    assert counted == [("failed", -1), ("completed", 1)]


def test_the_same_outcome_again_counts_nothing() -> None:
    count = one_minute(need(0), told(1, "failed"), told(2, "failed"))
    assert (count.failed, count.turns, count.conversations) == (1, 1, 1)


def test_a_conversation_comes_to_an_intent_once_and_is_repaired_once() -> None:
    signals = {"signals": ("correction",)}
    count = one_minute(need(0), need(1, **signals), need(2, segment=1), need(3, **signals))
    assert (count.conversations, count.turns) == (1, 4)
    assert 1 <= count.repaired <= 2  # once for each goal


class Looked(dict[str, Assigned]):
    """Counts how often all conversations are looked at."""

    times = 0

    def items(self) -> Any:
        self.times += 1
        return super().items()


def test_finished_conversations_are_let_go_and_open_ones_are_not_looked_at_with_each_commit() -> None:
    ledger = Keeper().rebuild().ledger
    ledger.assigned = looked = Looked()
    for number in range(1_000):
        looked[str(number)] = Assigned(str(number), 0, "u", final=number < 100)
        ledger.changed.add(str(number))
        ledger.conversations()
        ledger.let_go(50)
    assert not {str(number) for number in range(50)} & looked.keys()
    assert looked.keys() >= {str(number) for number in range(100, 1_000)}
    assert looked.times < 50
    ledger.changed.add("100")
    looked["100"].final = True
    ledger.conversations()
    for number in range(900):
        ledger.changed.add(str(number + 100))
        looked[str(number + 100)].final = True
        ledger.let_go(50)  # what is changed and not yet written stays
    assert looked.keys() >= ledger.changed
    ledger.conversations()
    ledger.let_go(50)
    assert len(looked) == 50


def test_outcomes_of_conversations_without_an_intent_are_nobodys() -> None:
    outputs, _, _ = run([told(0, "failed"), message(1, type="tick", time=START + 3_600_000)])
    assert minutes(outputs) == []


def test_partitions_of_the_source_are_told_apart() -> None:
    outputs, _, _ = run([need(5), need(5, partition=1), need(4, partition=1), need(4)])
    assert [one is None for one in outputs] == [False, False, True, True]


def test_every_fine_intent_that_is_counted_is_given_to_an_intent_with_its_successor() -> None:
    outputs, _, state = run(MESSAGES)
    moved: dict[str, str] = {}
    for minute in minutes(outputs):
        assert set(minute.counts) <= set(minute.groups)
        assert set(minute.names) <= set(minute.groups.values())
        assert not minute.moved or minute.regrouped
        moved |= minute.moved
    assert moved, "nothing merged: the test shows nothing"
    for old, new in moved.items():
        assert state.engine.resolve(old) == state.engine.resolve(new)


def test_an_intent_that_merged_names_its_successor_and_every_event_has_an_id_of_its_own() -> None:
    outputs, _, state = run(stream(3, 2000, noise=0.3))
    values = [value for one in outputs if one for value in one[0] if b"intent.minute.v1" not in value]
    events = [IntentEvent.model_validate_json(value) for value in values]
    assert len({event.id for event in events}) == len(events)
    merged = [event for event in events if event.change == "merged"]
    assert merged, "nothing merged: the test shows nothing"
    known: set[str] = set()
    for event in events:
        known.add(event.intent_id)
        if event.change == "merged":
            [successor] = event.lineage
            assert successor != event.intent_id
            assert successor in known or successor in state.engine.groups().values()


def test_shapes_come_with_the_minute_after_a_refit_and_needs_without_an_intent_are_counted(
    undisturbed: tuple[Any, Any],
) -> None:
    outputs, _ = undisturbed
    closed = minutes(outputs)
    shaped = [minute for minute in closed if minute.shapes]
    assert 1 <= len(shaped) < len(closed)
    assert all(-1 <= shape.cohesion <= 1 for minute in shaped for shape in minute.shapes.values())
    assert all(minute.regrouped for minute in shaped)
    unassigned = sum(count.unassigned for minute in closed for count in minute.counts.values())
    told = sum(one.what == "need" and one.status == "unassigned" for o in outputs if o for one in o[1])
    assert 0 < unassigned <= told < sum(one.passes for one in MESSAGES)


def test_an_intent_that_turns_to_mush_is_flagged_once_and_its_history_tells_it() -> None:
    random = np.random.default_rng(5)
    messages = []
    for offset in range(900):
        point = random.normal(size=24)
        if offset % 3:
            point = np.eye(24)[offset % 4] + random.normal(0, 0.05, 24)
        vector = encode_vector((point / np.linalg.norm(point)).astype(np.float32))
        about = {"role": "user", "passes": True, "vector": vector, "text": f"I want {WORDS[offset % 4]}"}
        messages.append(message(offset, conversation=f"c{offset}", **about))
    outputs, _, state = run(messages)
    values = [value for one in outputs if one for value in one[0] if b"intent.flagged.v1" in value]
    flags = [IntentEvent.model_validate_json(value) for value in values]
    assert flags, "nothing turned to mush: the test shows nothing"
    mixed: dict[str, bool] = {}
    for flag in flags:
        assert flag.shape is not None
        assert flag.shape.mixed != mixed.get(flag.intent_id, False)
        mixed[flag.intent_id] = flag.shape.mixed
        assert "flagged" in [past.change for past in state.history.of(flag.intent_id)]
    assert any(flag.shape is not None and flag.shape.mixed for flag in flags)
    for intent, shape in state.shapes.shapes.items():
        assert shape.mixed == mixed.get(intent, False)

"""What people say about intents: applied in the order of the log, kept by every refit, taken back by undo."""

import base64
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from test_agent_intents import COUNTED, MESSAGES, START, Keeper, at, minutes, run, said, stream

from groundswell.models.agent_intents import Taken
from groundswell.models.contract import rfc3339
from groundswell.models.intent_event import IntentEvent
from groundswell.models.intents.state import Pin
from groundswell.models.intents.ward import FREE
from groundswell.models.position import Source
from groundswell.models.turn import TurnRead, encode_vector

LONG = stream(3, 2_400)


def command(offset: int, kind: str, vectors: dict[str, str] | None = None, **fields: Any) -> TurnRead:
    """A command as it comes among the turns."""
    given = {
        "id": f"cmd-{offset}",
        "time": rfc3339(START + 1),
        "tenant": "acme",
        "agent": "support",
        "actor": "pm@acme.example",
        "command": kind,
        **fields,
    }
    return TurnRead.model_validate(
        {
            "type": "command",
            "tenant": "acme",
            "agent": "support",
            "time": START + 1,
            "source": Source(log="events", partition=0, offset=offset),
            "command": {"given": given, "vectors": vectors or {}},
        }
    )


def turn(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


class Desk:
    """An agent's intents with a person at them."""

    def __init__(self, messages: Sequence[TurnRead] = LONG, first: int = 900) -> None:
        self.keeper = Keeper()
        self.state = self.keeper.rebuild()
        self.messages, self.place, self.number = list(messages), 0, 0
        self.log: list[TurnRead] = []
        self.taken: list[Taken | None] = []
        self.go(first)

    def go(self, number: int) -> None:
        """Let the next turns pass."""
        for one in self.messages[self.place : self.place + number]:
            self._take(one)
        self.place += number

    def _take(self, one: TurnRead) -> Taken | None:
        self.log.append(one)
        self.taken.append(self.state.take(one, at(len(self.log))))
        return self.taken[-1]

    def give(self, kind: str, vectors: dict[str, str] | None = None, **fields: Any) -> Taken:
        """Give a command."""
        self.number += 1
        taken = self._take(command(self.number, kind, vectors, **fields))
        assert taken is not None
        return taken

    def refused(self, kind: str, vectors: dict[str, str] | None = None, **fields: Any) -> str:
        """Give a command that is refused; return why."""
        taken = self.give(kind, vectors, **fields)
        [answer] = taken.answers
        assert (answer.status, taken.events) == ("refused", []), answer
        assert answer.detail
        return str(answer.reason)

    @property
    def live(self) -> list[str]:
        """The intents, the largest first."""
        views = sorted(self.state.engine.intents(), key=lambda view: -view.weight)
        return [view.id for view in views]

    def needs(self) -> list[TurnRead]:
        return [one for one in self.log if one.passes]

    def intent(self, one: TurnRead) -> str:
        return self.state.engine.label(one.embedding())[1]

    def of(self, intent: str) -> list[TurnRead]:
        return [one for one in self.needs() if self.intent(one) == intent]

    def events(self) -> list[IntentEvent]:
        return [event for taken in self.taken if taken for event in taken.events]


def examples(turns: Sequence[TurnRead], first: int = 1) -> tuple[tuple[str, ...], dict[str, str]]:
    ids = tuple(turn(first + number) for number in range(len(turns)))
    return ids, {one: str(message.vector) for one, message in zip(ids, turns, strict=True)}


def changes(taken: Taken, intent: str = "") -> list[str]:
    return [event.change for event in taken.events if not intent or event.intent_id == intent]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_name_that_a_person_gave_outranks_the_machine_for_ever_and_says_who_it_was(desk: Desk) -> None:
    intent = desk.live[0]
    taken = desk.give("rename", intent=intent, name="Money back, please")
    [event] = [one for one in taken.events if one.intent_id == intent]
    assert (event.change, event.name, event.actor) == ("renamed", "Money back, please", "human")
    assert (event.by, event.command_id, event.previous_name) == (
        "pm@acme.example",
        "cmd-1",
        event.previous_name,
    )
    assert event.previous_name
    desk.go(1_400)
    assert desk.state.taxonomy.name(intent) == "Money back, please"
    assert intent in desk.state.engine.groups().values()
    after = [one for one in desk.events() if one.intent_id == intent]
    assert after[-1].name == "Money back, please"
    [minute] = [m for taken in desk.taken if taken for m in taken.minutes][-1:]
    if intent in minute.groups.values():
        assert minute.names[intent] == "Money back, please"


def test_no_other_intent_may_have_the_name_that_a_person_gave(desk: Desk) -> None:
    first, second = desk.live[:2]
    desk.give("rename", intent=first, name="Refund")
    assert desk.refused("rename", intent=second, name="Refund") == "contradiction"
    assert desk.refused("rename", intent=first, name="Refund") == "no_change"


def test_a_pinned_intent_keeps_its_members_and_its_id(desk: Desk) -> None:
    intent = desk.live[1]
    members = desk.of(intent)
    assert changes(desk.give("pin", intent=intent)) == ["pinned"]
    desk.go(1_400)
    assert {desk.intent(one) for one in members} == {intent}


def test_merged_stays_merged_its_counts_follow_and_the_old_id_leads_to_the_new(desk: Desk) -> None:
    gone, into = desk.live[1], desk.live[0]
    members = desk.of(gone) + desk.of(into)
    fines = [fine for fine, owner in desk.state.engine.groups().items() if owner == gone]
    taken = desk.give("merge", intents=[gone], into=into)
    [event] = [one for one in taken.events if one.change == "merged"]
    assert (event.intent_id, event.lineage, event.actor, event.by) == (
        gone,
        (into,),
        "human",
        "pm@acme.example",
    )
    assert event.share is not None
    assert 0 < event.share < 1
    desk.go(1_400)
    assert {desk.intent(one) for one in members} == {into}
    assert {desk.state.engine.resolve(fine) for fine in fines} == {into}
    assert gone not in desk.live
    assert desk.refused("rename", intent=gone, name="x") == "merged_intent"


def test_a_conversation_that_came_to_what_is_merged_now_is_not_counted_again(desk: Desk) -> None:
    first, second, third = desk.live[:3]
    likes = [desk.of(intent)[0] for intent in (first, second, third)]

    def counted(segment: int, like: TurnRead) -> list[str]:
        source = Source(log="events", partition=0, offset=50_000 + segment)
        update = {
            "conversation": "two-goals",
            "segment": segment,
            "source": source,
            "time": desk.log[-1].time,
        }
        taken = desk._take(like.model_copy(update=update))
        assert taken is not None
        return [one.intent for one in taken.counted if one.what == "conversation"]

    assert counted(0, likes[0]) == [first]
    desk.give("merge", intents=[first], into=second)
    assert counted(1, likes[1]) == []
    assert counted(2, likes[2]) == [third]


def test_totals_are_conserved_by_merges_and_splits(desk: Desk) -> None:
    plain_minutes = minutes(run(LONG)[0])
    one, other, third = desk.live[:3]
    desk.give("merge", intents=[one], into=other)
    ids, vectors = examples(desk.of(third)[:2])
    desk.give("split", vectors, intent=third, examples=ids)
    desk.go(1_600)
    taught = [m for taken in desk.taken if taken for m in taken.minutes]

    def totals(found: Any) -> Counter[str]:
        sums: Counter[str] = Counter()
        for minute in found:
            for count in minute.counts.values():
                sums.update({name: getattr(count, name) for name in COUNTED if name != "conversations"})
        return sums

    assert totals(taught) == totals(plain_minutes)
    late = {fine for minute in taught for fine in minute.counts}
    assert (
        set(desk.state.engine.groups().values()) >= {desk.state.engine.resolve(fine) for fine in late} - late
    )


def test_split_by_examples_stays_split(desk: Desk) -> None:
    gone, into = desk.live[1], desk.live[0]
    leave, stay = desk.of(gone), desk.of(into)
    desk.give("merge", intents=[gone], into=into)
    ids, vectors = examples(leave[:3])
    keeps, more = examples(stay[:3], 50)
    taken = desk.give("split", vectors | more, intent=into, examples=ids, keeps=keeps, name="The other thing")
    [answer] = taken.answers
    [event] = [one for one in taken.events if one.change == "split"]
    assert (event.lineage, event.name, event.actor) == ((into,), "The other thing", "human")
    new = event.intent_id
    assert answer.intents[:2] == (into, new)
    desk.go(1_400)
    assert {desk.intent(one) for one in leave[:3]} == {new}
    assert {desk.intent(one) for one in stay[:3]} == {into}
    assert np.mean([desk.intent(one) == new for one in leave]) > 0.9
    assert np.mean([desk.intent(one) == into for one in stay]) > 0.9


def test_retired_takes_no_new_members_until_it_is_taken_back(desk: Desk) -> None:
    intent = desk.live[0]
    like = desk.of(intent)
    taken = desk.give("retire", intent=intent)
    assert changes(taken, intent) == ["retired"]
    before = len(desk.taken)
    desk.go(700)
    counted = [one for taken in desk.taken[before:] if taken for one in taken.counted]
    assert not [one for one in counted if one.what == "conversation" and one.intent == intent]
    assert not [
        one for taken in desk.taken[before:] if taken for one in taken.events if one.intent_id == intent
    ]
    theme = Counter(str(one.user) for one in like).most_common(1)[0][0]
    later = [
        (one, taken)
        for one, taken in zip(desk.log[before:], desk.taken[before:], strict=True)
        if taken and one.passes and one.user == theme
    ]
    hidden = [any(count.what == "retired" for count in taken.counted) for _, taken in later]
    assert len(hidden) > 30
    assert np.mean(hidden) > 0.95, "its theme came back as another intent"
    assert desk.refused("merge", intents=[desk.live[1]], into=intent) == "retired_intent"
    back = desk.give("undo", undoes="cmd-1")
    assert changes(back, intent) == ["revived"]
    assert np.mean([desk.intent(one) == intent for one in like]) > 0.9
    before = len(desk.taken)
    desk.go(700)
    counted = [one for taken in desk.taken[before:] if taken for one in taken.counted]
    assert [one for one in counted if one.what == "conversation" and one.intent == intent]


def test_dismissed_is_told_in_every_minute(desk: Desk) -> None:
    intent = desk.live[0]
    assert changes(desk.give("dismiss", intent=intent)) == ["dismissed"]
    before = len(desk.taken)
    desk.go(600)
    after = [m for taken in desk.taken[before:] if taken for m in taken.minutes]
    assert after
    assert {minute.dismissed for minute in after} == {(intent,)}
    assert any(minute.groups[fine] == intent for minute in after for fine in minute.counts), "not counted"


def test_moved_examples_stay_and_links_hold(desk: Desk) -> None:
    first, second, third = desk.live[:3]
    moved, linked, apart = desk.of(first)[:3], [desk.of(first)[-1], desk.of(third)[0]], desk.of(second)[:2]
    ids, vectors = examples(moved)
    assert changes(desk.give("move-examples", vectors, examples=ids, into=second)) == ["constrained"]
    ids, vectors = examples(linked)
    desk.give("must-link", vectors, examples=ids)
    ids, vectors = examples(apart)
    [answer] = desk.give("cannot-link", vectors, examples=ids).answers
    assert answer.status == "applied", answer
    for number in (0, 700, 700):
        desk.go(number)
        assert {desk.intent(one) for one in moved} == {second}
        assert {desk.intent(one) for one in linked} == {first}
        assert len({desk.intent(one) for one in apart}) == 2


@pytest.mark.parametrize("later", [0, 700])
@pytest.mark.parametrize(
    "kind", ["merge", "split", "pin", "rename", "retire", "dismiss", "move-examples", "unpin"]
)
def test_undo_restores_what_a_command_changed(kind: str, later: int, desk: Desk) -> None:
    one, other = desk.live[:2]
    mine, yours = desk.of(one), desk.of(other)
    ids, vectors = examples(mine[:2])
    if kind == "unpin":
        desk.give("pin", intent=one)
    fields: dict[str, Any] = {
        "merge": {"intents": [one], "into": other},
        "split": {"intent": one, "examples": ids},
        "move-examples": {"examples": ids, "into": other},
        "rename": {"intent": one, "name": "Something else"},
    }.get(kind, {"intent": one})
    owners = desk.state.engine.state.micros.rows().owners.copy()
    name = desk.state.taxonomy.name(one)
    desk.give(kind, vectors, **fields)
    given = f"cmd-{desk.number}"
    desk.go(later)
    [answer] = desk.give("undo", undoes=given).answers
    assert answer.status == "applied", answer
    if not later:  # what is given back to the machine is the machine's to regroup
        assert np.mean([desk.intent(turn_) == one for turn_ in mine]) > 0.95
        assert np.mean([desk.intent(turn_) == other for turn_ in yours]) > 0.95
    told = desk.state.memory.told[one]
    assert (told.retired, told.dismissed, told.name) == (False, False, "")
    assert told.pinned == (kind == "unpin")
    held = {pin.intent for pin in desk.state.engine.state.pins if pin.intent}
    assert held == ({one} if kind == "unpin" else set())
    if not later and kind != "unpin":
        now = desk.state.engine.state.micros.rows().owners
        assert np.array_equal(now[: len(owners)], owners)
        assert desk.state.taxonomy.name(one) == name
    assert desk.refused("undo", undoes=given) == "not_undoable"


def test_what_vanished_comes_back_under_another_id_when_its_pin_is_given_back() -> None:
    """What was counted under the old one went along with it."""
    desk = Desk(stream(3, 2_400, noise=0.3), 200)
    for intent in desk.live:
        desk.give("pin", intent=intent)
    engine, held = desk.state.engine, set(desk.state.engine.groups())
    unpinned = [desk.give("unpin", intent=intent).answers[0].command_id for intent in desk.live]
    desk.go(900)
    vanished = {fine: engine.follow(fine) for fine in held - engine.groups().keys()}
    assert vanished
    for number in unpinned:
        desk.give("undo", undoes=number)
        groups = engine.groups()
        assert {fine: engine.resolve(fine) for fine in groups} == groups
        assert not vanished.keys() & groups.keys()
    pins = [pin for pin in engine.state.pins if pin.fine]
    assert {groups[pin.fine] for pin in pins} == {pin.intent for pin in pins}
    assert len(pins) >= len(vanished)
    desk.keeper.commit(desk.state)
    assert desk.keeper.rebuild().engine.state.pins == engine.state.pins


def test_an_undone_pin_stands_once_and_nobody_elses_takes_its_members(desk: Desk) -> None:
    one, other = desk.live[:2]
    state = desk.state.engine.state
    desk.give("pin", intent=one)
    members = {int(uid) for uid in state.micros.rows().uids[state.micros.rows().owners != FREE]}
    desk.give("unpin", intent=one)
    unpinned = f"cmd-{desk.number}"
    desk.give("pin", intent=other)  # takes the places that the first one left
    desk.give("describe", intent=one, description="held again, at other places")
    desk.give("undo", undoes=unpinned)
    fines = [pin.fine for pin in state.pins if pin.fine]
    assert sorted(set(fines)) == sorted(fines)
    rows = state.micros.rows()
    held = {int(u): state.pins[o].intent for u, o in zip(rows.uids, rows.owners, strict=True) if o != FREE}
    assert {held.get(uid) for uid in members} == {one}


def test_an_undone_pin_without_a_place_leaves_its_members_to_the_machine(desk: Desk) -> None:
    state = desk.state.engine.state
    one, other = desk.live[:2]
    desk.give("pin", intent=one)
    desk.give("unpin", intent=one)
    unpinned = f"cmd-{desk.number}"
    desk.give("pin", intent=other)
    before = state.micros.rows().owners.copy()
    taken = [pin if pin.fine else Pin(f"at {place}", "elsewhere") for place, pin in enumerate(state.pins)]
    state.pins[:] = taken + [Pin(f"at {place}", "") for place in range(len(taken), state.params.pins)]
    desk.give("undo", undoes=unpinned)
    assert np.array_equal(state.micros.rows().owners, before)


def test_a_command_on_which_a_later_one_rests_is_undone_after_it(desk: Desk) -> None:
    one, other, third = desk.live[:3]
    desk.give("merge", intents=[one], into=other)
    desk.give("merge", intents=[other], into=third)
    assert desk.refused("undo", undoes="cmd-1") == "superseded"
    desk.give("undo", undoes="cmd-2")
    [answer] = desk.give("undo", undoes="cmd-1").answers
    assert answer.status == "applied"
    assert {one, other, third} <= set(desk.live)


def test_what_cannot_be_applied_is_refused_with_the_reason(desk: Desk) -> None:
    one, other = desk.live[:2]
    nobody = "0" * 26
    ids, vectors = examples(desk.of(one)[:2])
    assert desk.refused("pin", intent=nobody) == "unknown_intent"
    assert desk.refused("merge", intents=[one], into=one) == "cycle"
    assert desk.refused("merge", intents=[nobody], into=one) == "unknown_intent"
    assert desk.refused("split", {}, intent=one, examples=ids) == "unknown_turn"
    assert desk.refused("unpin", intent=one) == "no_change"
    assert desk.refused("undo", undoes="never") == "unknown_command"
    same = {ids[0]: vectors[ids[0]], ids[1]: vectors[ids[0]]}
    assert desk.refused("cannot-link", same, examples=ids) == "contradiction"
    short = base64.b64encode(np.ones(3, "<f4").tobytes()).decode()
    assert desk.refused("move-examples", {ids[0]: short}, examples=ids[:1], into=other) == "unknown_turn"
    desk.give("pin", intent=one)
    assert desk.refused("pin", intent=one) == "no_change"
    desk.give("retire", intent=other)
    assert desk.refused("unpin", intent=other) == "contradiction"
    assert desk.refused("retire", intent=other) == "no_change"


def test_a_refused_command_leaves_no_micro_cluster_behind(desk: Desk) -> None:
    """Its examples got some of their own, to be looked at, before it was found that it cannot be applied."""
    random, micros = np.random.default_rng(0), desk.state.engine.state.micros
    found = random.normal(size=(micros.capacity // 8 + 1, 24))
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    vectors = {turn(n): encode_vector(one.astype(np.float32)) for n, one in enumerate(found)}
    before, desk.keeper = (micros.count, micros.rows().weights.copy()), Keeper()
    desk.keeper.commit(desk.state)
    assert desk.refused("move-examples", vectors, examples=tuple(vectors), into=desk.live[0]) == "limit"
    desk.give("retire", intent=desk.live[0])
    taken = {turn(n): str(one.vector) for n, one in enumerate(desk.of(desk.live[0])[:1])}
    linked = {**taken, turn(100): vectors[turn(1)]}
    assert desk.refused("must-link", linked, examples=tuple(linked)) == "retired_intent"
    assert micros.count == before[0]
    assert np.array_equal(micros.rows().weights, before[1])
    desk.keeper.commit(desk.state)
    assert desk.keeper.rebuild().engine.state.micros.count == before[0]


def test_before_anything_has_emerged_every_command_is_refused() -> None:
    desk = Desk(first=20)
    assert desk.refused("rename", intent="0" * 26, name="x") == "unknown_intent"
    assert desk.refused("must-link", {}, examples=[turn(1), turn(2)]) == "unknown_intent"


def test_the_same_id_again_changes_nothing_and_the_same_record_is_a_repeat(desk: Desk) -> None:
    intent = desk.live[0]
    desk.give("rename", id="mine", intent=intent, name="First")
    again = desk.give("rename", id="mine", intent=intent, name="Second")
    assert (again.events, again.answers) == ([], [])
    assert desk.state.taxonomy.name(intent) == "First"
    assert desk.state.take(command(desk.number, "rename", intent=intent, name="Third"), at(0)) is None


def test_every_intent_has_a_history_of_who_did_what_and_it_is_bounded(desk: Desk) -> None:
    intent = desk.live[0]
    for number in range(30):
        desk.give("rename", intent=intent, name=f"Name {number}", actor=f"a{number}")
    history = desk.state.memory.told[intent].history
    assert len(history) == 20
    assert (history[-1].actor, history[-1].command, history[-1].command_id) == ("a29", "rename", "cmd-30")
    assert history[-1].time == rfc3339(START + 1)


def lesson() -> list[TurnRead]:
    """The long stream with commands of every kind in it, some undone, some refused."""
    desk = Desk(MESSAGES, first=420)
    a, b, c = desk.live[:3]
    ids, vectors = examples(desk.of(a)[:2] + desk.of(b)[:2])
    desk.give("rename", intent=a, name="Alpha")
    desk.give("split", vectors, intent=a, examples=ids[:1], keeps=ids[1:2])
    desk.go(30)
    desk.give("merge", intents=[b], into=c)
    desk.give("cannot-link", vectors, examples=[ids[0], ids[2]])
    desk.go(50)
    desk.give("undo", undoes="cmd-3")
    desk.give("undo", undoes="cmd-4")
    desk.give("undo", undoes="cmd-3")
    desk.give("dismiss", intent=c)
    desk.give("must-link", vectors, examples=[ids[2], ids[3]])
    desk.give("pin", intent="0" * 26)
    desk.go(60)
    desk.give("retire", intent=b)
    desk.give("undo", undoes="cmd-8")
    desk.go(1_000)
    statuses = Counter(answer.status for taken in desk.taken if taken for answer in taken.answers)
    assert statuses["applied"] >= 8
    assert statuses["refused"] == 2
    return desk.log


@pytest.fixture(scope="module")
def taught() -> tuple[list[TurnRead], Any, Any]:
    log = lesson()
    outputs, records, _ = run_with(log)
    return log, outputs, records


def run_with(messages: Sequence[TurnRead], **cuts: Any) -> Any:
    outputs, records, state = run(messages, **cuts)
    return outputs, records, state


@pytest.mark.parametrize("batch", [1, 7, 64])
def test_batch_cuts_change_nothing_about_commands(batch: int, taught: Any) -> None:
    log, outputs, records = taught
    assert run_with(log, commits=range(batch - 1, len(log), batch))[:2] == (outputs, records)


@pytest.mark.parametrize("seed", range(4))
def test_restarts_change_nothing_about_commands(seed: int, taught: Any) -> None:
    log, outputs, records = taught
    places = np.random.default_rng(seed).choice(len(log), 40, replace=False).tolist()
    places += [place for place, one in enumerate(log) if one.type == "command"]
    assert run_with(log, restarts=places)[:2] == (outputs, records)


def test_repeats_of_commands_and_turns_are_dropped(taught: Any) -> None:
    log, outputs, records = taught
    keeper = Keeper()
    state = keeper.rebuild()
    for place, one in enumerate(log):
        assert said(state.take(one, at(place))) == outputs[place]
        for earlier in log[max(0, place - 3) : place + 1]:
            assert state.take(earlier, at(place)) is None
    keeper.commit(state)
    assert keeper.bytes() == records

"""Names that a model suggests among an agent's turns: they replace the machine's, never a person's."""

from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import pytest
from test_agent_commands import Desk, desk
from test_agent_intents import Keeper, at, run, said

from groundswell.models.agent_intents import AgentIntents, Taken
from groundswell.models.intents.fine_words import Example
from groundswell.models.intents.intent_name import IntentName
from groundswell.models.intents.names import KEPT, NameBook
from groundswell.models.record import StateRecord

assert desk  # the fixture

TOLD = "They want to be done with it."


def version(desk: Desk, intent: str) -> int:
    kept = desk.state.names.kept(intent)
    assert kept is not None
    return kept.version


def suggested(desk: Desk, intent: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"intent": intent, "name": name, "name_version": version(desk, intent), "actor": "llm", **fields}


def suggest(desk: Desk, intent: str, name: str, **fields: Any) -> Taken:
    return desk.give("suggest-name", **suggested(desk, intent, name, **fields))


def test_it_takes_the_place_of_the_machines_name_and_holds_nothing(desk: Desk) -> None:
    intent, before = desk.live[0], desk.state.taxonomy.name(desk.live[0])
    first = version(desk, intent)
    pins = list(desk.state.engine.state.pins)
    taken = suggest(desk, intent, "settle the unpaid parcel", description=TOLD)
    [answer] = taken.answers
    assert (answer.status, answer.intents, answer.actor) == ("applied", (intent,), "llm")
    [event] = [one for one in taken.events if one.intent_id == intent]
    assert (event.change, event.name, event.previous_name) == ("renamed", "Settle the unpaid parcel", before)
    assert (event.actor, event.by, event.command_id) == ("llm", "llm", answer.command_id)
    assert (event.named_by, event.reason, event.description) == ("llm", "llm", TOLD)
    assert event.name_version == first + 1
    assert event.examples
    assert list(desk.state.engine.state.pins) == pins
    assert desk.state.memory.told == {}
    assert desk.refused("undo", undoes=answer.command_id) == "unknown_command"


def test_the_minutes_tell_it_too(desk: Desk) -> None:
    intent = desk.live[0]
    suggest(desk, intent, "Settle the unpaid parcel")
    desk.go(100)
    minutes = [minute for taken in desk.taken if taken for minute in taken.minutes]
    assert minutes[-1].names[intent] == "Settle the unpaid parcel"


def test_a_persons_name_outranks_it_before_and_after(desk: Desk) -> None:
    intent = desk.live[0]
    seen = suggested(desk, intent, "Settle the unpaid parcel")
    rename = desk.give("rename", intent=intent, name="Money back, please")
    assert desk.refused("suggest-name", **seen) == "outranked"
    assert desk.state.taxonomy.name(intent) == "Money back, please"
    desk.give("undo", undoes=rename.answers[0].command_id)
    desk.give("suggest-name", **seen)
    assert desk.state.taxonomy.name(intent) == "Settle the unpaid parcel"
    again = desk.give("rename", intent=intent, name="Money back, please")
    assert desk.state.taxonomy.name(intent) == "Money back, please"
    desk.go(900)
    assert desk.state.taxonomy.name(intent) == "Money back, please"
    desk.give("undo", undoes=again.answers[0].command_id)
    assert desk.state.taxonomy.name(intent) != "Money back, please"


def test_a_suggestion_stands_in_the_way_of_no_undo(desk: Desk) -> None:
    into, gone = desk.live[:2]
    merged = desk.give("merge", intents=[gone], into=into)
    suggest(desk, into, "Settle the unpaid parcel")
    assert desk.give("undo", undoes=merged.answers[0].command_id).answers[0].status == "applied"
    assert gone in desk.live


def test_one_for_an_earlier_or_later_name_of_the_machine_is_superseded(desk: Desk) -> None:
    intent = desk.live[0]
    seen = suggested(desk, intent, "Settle the unpaid parcel")
    kept = desk.state.names.kept(intent)
    assert kept is not None
    desk.state.names.keep(intent, replace(kept, version=kept.version + 1, reason="moved"))
    assert desk.refused("suggest-name", **seen) == "superseded"
    ahead = {**seen, "name_version": kept.version + 2}
    assert desk.refused("suggest-name", **ahead) == "superseded"
    desk.give("suggest-name", **{**seen, "name_version": kept.version + 1})
    assert desk.state.taxonomy.name(intent) == "Settle the unpaid parcel"


@pytest.mark.parametrize("off", [-1, 1])
def test_one_for_a_name_that_stands_no_more_is_superseded(off: int, desk: Desk) -> None:
    intent = desk.live[0]
    suggest(desk, intent, "Settle the unpaid parcel")
    stale = suggested(desk, intent, "Something about an invoice", name_version=version(desk, intent) + off)
    assert desk.refused("suggest-name", **stale) == "superseded"
    # Nor does a model replace what a model said, though the version is right.
    assert desk.refused("suggest-name", **suggested(desk, intent, "Unpaid invoice")) == "superseded"
    assert desk.state.taxonomy.name(intent) == "Settle the unpaid parcel"


@pytest.mark.parametrize(
    "name", ["Help with a problem", "Pay <b>invoice</b>", "Pay invoice 48213", "See https://evil.example now"]
)
def test_one_that_breaks_the_rules_is_refused_and_the_extracted_name_stays(name: str, desk: Desk) -> None:
    intent, before = desk.live[0], desk.state.taxonomy.name(desk.live[0])
    assert desk.refused("suggest-name", **suggested(desk, intent, name)) == "unfit_name"
    assert desk.state.taxonomy.name(intent) == before


def test_one_that_another_intent_has_or_a_person_gave_is_refused(desk: Desk) -> None:
    one, other, third = desk.live[:3]
    taken = desk.state.taxonomy.name(other)
    assert desk.refused("suggest-name", **suggested(desk, one, taken)) == "unfit_name"
    desk.give("rename", intent=third, name="Settle the unpaid parcel")
    assert desk.refused("suggest-name", **suggested(desk, one, "Unpaid parcel settled")) == "unfit_name"


def test_the_same_name_and_an_unknown_or_merged_intent_are_refused(desk: Desk) -> None:
    into, gone = desk.live[:2]
    assert (
        desk.refused("suggest-name", **suggested(desk, gone, desk.state.taxonomy.name(gone))) == "no_change"
    )
    late = suggested(desk, gone, "Settle the unpaid parcel")
    assert desk.refused("suggest-name", **{**late, "intent": "0" * 26}) == "unknown_intent"
    desk.give("merge", intents=[gone], into=into)
    assert desk.refused("suggest-name", **late) == "merged_intent"


def test_a_description_that_is_not_plain_is_dropped_and_users_are_quoted(desk: Desk) -> None:
    taken = suggest(desk, desk.live[0], "Settle the unpaid parcel", description="see https://evil.example")
    assert taken.events[0].description.startswith("Users say, for example")


def test_cuts_and_restarts_change_nothing(desk: Desk) -> None:
    for number, intent in enumerate(desk.live[:3]):
        suggest(
            desk, intent, ("Settle the unpaid parcel", "Invoice was lost", "Help")[number], description=TOLD
        )
        desk.go(120)
    outputs, records, _ = run(desk.log)
    assert sum(b'"named_by":"llm"' in value for one in outputs if one for value in one[0]) >= 2
    places = [place for place, one in enumerate(desk.log) if one.type == "command"]
    for commits, restarts in ((range(6, len(desk.log), 7), ()), ((), [*places, 5, 950])):
        assert run(desk.log, commits, restarts)[:2] == (outputs, records)
    keeper = Keeper()
    state: AgentIntents = keeper.rebuild()
    for place, one in enumerate(desk.log):
        assert said(state.take(one, at(place))) == outputs[place]
        assert state.take(one, at(place)) is None


def book() -> NameBook:
    names = NameBook()
    for number in range(30):
        names.observe(
            "a", Example(0.9, f"I want to cancel the order of my kettle {number % 3}", f"c{number}")
        )
        names.observe(
            "b", Example(0.9, f"please reset my password for the portal {number % 3}", f"d{number}")
        )
    return names


GROUPS = {"A": ["a"], "B": ["b"]}
CENTRES = {"A": np.array([1.0, 0.0], np.float32), "B": np.array([0.0, 1.0], np.float32)}


def llm_named(names: NameBook) -> IntentName:
    kept = names.name_all(GROUPS, CENTRES)["A"]
    told = {**kept.to_json(), "name": "Stop a purchase", "by": "llm", "reason": "llm", "told": TOLD}
    names.keep("A", IntentName.of_json({**told, "version": kept.version + 1}))
    return names.name_all(GROUPS, CENTRES)["A"]


def test_it_is_kept_until_the_intent_moves_and_then_the_machine_names_anew() -> None:
    names = book()
    kept = llm_named(names)
    assert (kept.name, kept.by, kept.description) == ("Stop a purchase", "llm", TOLD)
    moved = names.name_all(GROUPS, {**CENTRES, "A": np.array([-1.0, 0.1], np.float32)})["A"]
    assert (moved.by, moved.reason, moved.version) == ("machine", "moved", kept.version + 1)
    assert moved.name != kept.name
    assert TOLD not in moved.description


def test_it_is_dropped_with_what_it_rests_on_when_that_is_erased() -> None:
    names = book()
    kept = llm_named(names)
    for number in range(30):
        names.forget(f"c{number}")
    left = names.kept("A")
    assert left is not None
    assert (left.name, left.description) == (kept.name, "")
    anew = names.name_all(GROUPS, CENTRES)["A"]
    assert TOLD not in anew.description
    assert (anew.by, anew.reason) == ("machine", "erased")


def test_names_of_the_version_before_are_read() -> None:
    names = book()
    names.name_all(GROUPS, CENTRES)
    records = names.changes()
    document = orjson.loads(records[KEPT].payload)
    for one in document["kept"].values():
        del one["told"]
    restored = NameBook.restore({**records, KEPT: StateRecord(orjson.dumps(document))})
    assert restored.name_all(GROUPS, CENTRES) == names.name_all(GROUPS, CENTRES)

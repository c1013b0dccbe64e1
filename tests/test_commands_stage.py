"""The commands stage: a valid command stands among its agent's turns with its examples; others are buried."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from test_turn_flow import Broker

from groundswell.models.contract import rfc3339
from groundswell.models.event import ConversationEvent
from groundswell.models.proposals.thread import Thread
from groundswell.models.turn import TurnRead
from groundswell.sinks.embedder import Embedder
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.store import Store, open_store
from groundswell.streams.collections import COLLECTIONS
from groundswell.streams.commands import Commands, clustered
from groundswell.streams.delivery import Delivery, Record
from groundswell.streams.evidence import without_intents
from groundswell.streams.intents import Intents
from groundswell.streams.letters import about
from groundswell.streams.settings import Settings
from groundswell.streams.topics import DEAD_LETTERS, INTENT_COMMANDS, INTENT_EVENTS
from groundswell.streams.topics import TURNS as TURNS_TOPIC
from groundswell.streams.turns import Turns

START = 1_760_000_000_000
INTENT = "01K742SG00K0P7T37S1QC7YK1W"
SAID = (
    ("a", "I want to return the marmalade that I bought last week"),
    ("a", "It was order number 1042 and I want a refund to my card"),
    ("b", "How do I change the seat on my flight to Rome tomorrow?"),
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = open_store(f"edge:{tmp_path}")
    for collection in COLLECTIONS:
        await opened.ensure(collection)
    yield opened
    await opened.close()


def record(
    value: bytes | dict[str, Any] | None, offset: int = 0, topic: str = INTENT_COMMANDS.name
) -> Record:
    raw = orjson.dumps(value) if isinstance(value, dict) else value
    return Record(topic, 0, offset, b"acme/support", raw, START + offset, {})


def command(**fields: Any) -> dict[str, Any]:
    base = {"id": "one", "type": "intent.command.v1", "time": rfc3339(START), "actor": "pm@acme.example"}
    return {**base, "tenant": "acme", "agent": "support", **fields}


def stage(store: Store, broker: Broker) -> Delivery:
    metrics = Metrics()
    return Delivery(Commands(Settings(), store, broker, metrics), store, broker.send, metrics)


async def archive(store: Store) -> list[TurnRead]:
    """Let the turns stage read what was said; return its messages about needs."""
    broker, metrics = Broker(), Metrics()
    turns = Turns(Settings(), store, Embedder.default(), broker, metrics)
    events = [
        {"tenant": "acme", "agent": "support", "conversation_id": of, "role": "user", "text": text}
        for of, text in SAID
    ]
    records = [
        Record("conversation-events", 0, place, ConversationEvent.model_validate(one).key.encode(),
               orjson.dumps({**one, "time": START + place * 1000}), START, {})
        for place, one in enumerate(events)
    ]  # fmt: skip
    await Delivery(turns, store, broker.send, metrics).handle(records)
    needs = [one for one in broker.turns() if one.passes]
    assert len(needs) == len(SAID), "the gate lets something else pass: the test shows nothing"
    return needs


async def test_what_was_clustered_of_a_turn_is_found_again_from_the_archive(store: Store) -> None:
    needs = await archive(store)
    assert needs[0].segment == needs[1].segment, "not one goal: the mean with the need before is not tried"
    found = await clustered(store, "acme/support", [one.turn for one in needs])
    for one in needs:
        assert np.abs(found[one.turn] - one.embedding()).max() < 1e-6
    assert await clustered(store, "acme/another", [one.turn for one in needs]) == {}


async def test_a_command_stands_among_its_agents_turns_with_its_examples_and_its_place(store: Store) -> None:
    needs = await archive(store)
    broker = Broker()
    nobody = "00000000-0000-4000-8000-000000000000"
    examples = [needs[0].turn, needs[2].turn, nobody]
    await stage(store, broker).handle(
        [record(command(command="move-examples", examples=examples, into=INTENT), 7)]
    )
    [output] = broker.of(TURNS_TOPIC.name)
    assert (output.key, output.timestamp) == (b"acme/support", START + 7)
    [message] = broker.turns()
    assert (message.type, message.time, message.source.offset) == ("command", START, 7)
    assert message.command is not None
    assert set(message.command.vectors) == {needs[0].turn, needs[2].turn}
    vector = np.frombuffer(base64.b64decode(message.command.vectors[needs[2].turn]), "<f4")
    assert np.abs(vector - needs[2].embedding()).max() < 1e-6


async def test_the_same_records_give_the_same_bytes_however_they_are_cut(store: Store) -> None:
    needs = await archive(store)
    turns = [one.turn for one in needs]
    records = [
        record(command(id=str(place), **fields), place)
        for place, fields in enumerate(
            [
                {"command": "split", "intent": INTENT, "examples": turns[:1], "keeps": turns[2:]},
                {"command": "rename", "intent": INTENT, "name": "Marmalade"},
                {"command": "cannot-link", "examples": turns[1:]},
            ]
        )
    ]
    whole, cut = Broker(), Broker()
    await stage(store, whole).handle(records)
    for _ in range(2):  # and again after a crash: the same, to be dropped by its position
        for one in records:
            await stage(store, cut).handle([one])
    assert cut.sent == whole.sent * 2


PIN = command(command="pin", intent=INTENT)
SOLE = "00000000-0000-4000-8000-000000000000"
BAD: dict[str, tuple[bytes | dict[str, Any] | None, str]] = {
    "no value": (None, "invalid_json"),
    "no JSON": (b"{", "invalid_json"),
    "no object": (b"[1]", "not_an_object"),
    "too large": ({**PIN, "more": "x" * 70_000}, "too_large"),
    "no actor": ({name: value for name, value in PIN.items() if name != "actor"}, "missing_field"),
    "unknown command": ({**PIN, "command": "explode"}, "invalid_field"),
    "no intent": (command(command="pin"), "missing_field"),
    "no id of an intent": ({**PIN, "intent": "../etc"}, "invalid_field"),
    "no uuid": (command(command="must-link", examples=["1", "2"]), "invalid_field"),
    "one example": (command(command="cannot-link", examples=[SOLE]), "invalid_field"),
    "a time without a zone": ({**PIN, "time": "2026-01-01T00:00:00"}, "invalid_field"),
    "a time before all": ({**PIN, "time": "0001-01-01T00:00:00Z"}, "ancient_time"),
    "a time after all": ({**PIN, "time": "9999-12-31T23:59:59-14:00"}, "future_time"),
    "a name too long": (command(command="rename", intent=INTENT, name="x" * 61), "invalid_field"),
    "a bad tenant": ({**PIN, "tenant": "A B"}, "invalid_field"),
}


@pytest.mark.parametrize("what", BAD)
async def test_what_is_no_command_is_a_dead_letter_once_with_the_reason(what: str, store: Store) -> None:
    value, reason = BAD[what]
    broker = Broker()
    await stage(store, broker).handle([record(value, 3), record(PIN, 4)])
    [letter] = broker.of(DEAD_LETTERS.name)
    told = about(letter.headers)
    assert (told["reason"], told["stage"], told["offset"]) == (reason, "commands", "3")
    assert len(broker.turns()) == 1


async def test_secrets_in_names_and_descriptions_are_redacted(store: Store) -> None:
    broker = Broker()
    given = command(command="describe", intent=INTENT, description="as ann@example.com told us")
    await stage(store, broker).handle([record(given)])
    [message] = broker.turns()
    assert "ann@example.com" not in message.encode().decode()


async def test_a_name_that_grows_by_redaction_is_still_a_command(store: Store) -> None:
    broker = Broker()
    addresses = " ".join(f"a{number}@b.co" for number in range(7))
    await stage(store, broker).handle([record(command(command="rename", intent=INTENT, name=addresses))])
    [message] = broker.turns()
    assert message.command is not None
    assert "@" not in str(message.command.given.name)


async def test_a_command_that_cannot_be_applied_is_answered_once_on_intent_events(store: Store) -> None:
    broker, metrics = Broker(), Metrics()
    await stage(store, broker).handle([record(PIN, 2)])
    [forwarded] = broker.of(TURNS_TOPIC.name)
    turn = Record(TURNS_TOPIC.name, 0, 0, forwarded.key, forwarded.value, forwarded.timestamp, {})
    again = Record(TURNS_TOPIC.name, 0, 1, forwarded.key, forwarded.value, forwarded.timestamp, {})
    answers = Broker()
    intents = Intents(Settings(), store, broker, metrics, lambda: START / 1000)
    await Delivery(intents, store, answers.send, metrics).handle([turn, again])
    [output] = answers.of(INTENT_EVENTS.name)
    answer = orjson.loads(output.value or b"")
    assert answer["type"] == "intent.command.refused.v1"
    assert (answer["reason"], answer["command_id"]) == ("unknown_intent", "one")
    assert answer["actor"] == "pm@acme.example"
    assert output.key == f"acme/support/{INTENT}".encode()
    assert b'intent_commands_total{command="pin",status="refused"} 1.0' in metrics.expose("")[0]


def test_conversations_about_dismissed_intents_alone_are_no_evidence() -> None:
    def thread(name: str, *intents: str) -> Thread:
        return Thread(name, (), failed=True, confirmed=True, group="", stratum="", intents=intents)

    threads = [thread("1", "a"), thread("2", "a", "b"), thread("3", "b"), thread("4")]
    left = without_intents(threads, frozenset({"a"}))
    assert [(one.conversation_id, one.intents) for one in left] == [("2", ("b",)), ("3", ("b",)), ("4", ())]

"""The turns stage over a real store: cut or crashed anywhere, its output and its state are the same."""

from collections.abc import Awaitable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import orjson
import pytest

from groundswell.models.turn import TurnRead
from groundswell.sinks.embedder import Embedder
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.store import EPOCH, Store, Where, open_store
from groundswell.streams.collections import TURNS, TURNS_STATE
from groundswell.streams.consuming import record_of
from groundswell.streams.delivery import Delivery, Output, Record
from groundswell.streams.letters import MAX_RECORD_BYTES, about, weight
from groundswell.streams.partitioner import partition_of
from groundswell.streams.settings import Settings
from groundswell.streams.topics import CONVERSATION_EVENTS, DEAD_LETTERS, MAX_MESSAGE_BYTES
from groundswell.streams.topics import TURNS as TURNS_TOPIC
from groundswell.streams.turns import Turns

START = 1_760_000_000_000
MINUTE = 60_000


class Broker:
    """As much of a broker as the stage asks for: a name, partitions, ends; and what was sent to it."""

    def __init__(self, partitions: int = 1, name: str = "cluster") -> None:
        self.count, self.cluster, self.ends = partitions, name, 2**40
        self.sent: list[Output] = []

    async def name(self) -> str:
        return self.cluster

    async def partitions(self, topic: str) -> int:
        return self.count

    async def end_offset(self, topic: str, partition: int) -> int:
        return self.ends

    async def send(self, output: Output) -> Awaitable[None]:
        self.sent.append(output)
        return _acknowledged()

    def turns(self) -> list[TurnRead]:
        return [TurnRead.model_validate_json(one.value or b"") for one in self.of(TURNS_TOPIC.name)]

    def of(self, topic: str) -> list[Output]:
        return [one for one in self.sent if one.topic == topic]


async def _acknowledged() -> None:
    """The broker has it."""


class Crash(Exception):
    """The process ended here."""


class CrashingStore:
    """The store, but the process ends right before one of its writes of state."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.crash = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def commit(self, *arguments: Any, **named: Any) -> None:
        if self.crash:
            raise Crash
        await self._store.commit(*arguments, **named)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder.default()


class Bench:
    """One worker after the other over one store."""

    def __init__(self, store: Store, embedder: Embedder, broker: Broker, **settings: Any) -> None:
        self.store, self.broker = store, broker
        self._embedder, self._settings = embedder, Settings(**settings)
        self.start()

    def start(self) -> None:
        """A new worker takes over."""
        metrics = Metrics()
        stage = Turns(self._settings, self.store, self._embedder, self.broker, metrics)
        self.delivery = Delivery(stage, self.store, self.broker.send, metrics)

    async def feed(self, records: Sequence[Record], cuts: Sequence[int] = ()) -> None:
        for first, last in zip([0, *cuts], [*cuts, len(records)], strict=True):
            if records[first:last]:
                await self.delivery.handle(records[first:last])

    async def state(self) -> dict[str, Any]:
        found = {}
        for collection in (TURNS, TURNS_STATE):
            for point in await self.store.read_all(collection, Where(), vectors=True):
                payload = {name: one for name, one in point.payload.items() if name != EPOCH}
                if payload.get("name") != "claim":
                    vector = None if point.vector is None else np.asarray(point.vector).tobytes()
                    found[point.id] = (payload, vector)
        return found


@pytest.fixture
async def bench(tmp_path: Path, embedder: Embedder) -> Any:
    opened: list[Bench] = []

    async def make(broker: Broker | None = None, **settings: Any) -> Bench:
        store = open_store(f"edge:{tmp_path / str(len(opened))}")
        for collection in (TURNS, TURNS_STATE):
            await store.ensure(collection)
        opened.append(Bench(store, embedder, broker or Broker(), **settings))
        return opened[-1]

    yield make
    for one in opened:
        await one.store.close()


def record(offset: int, fields: Any, *, partition: int = 0, key: bytes | None = None, **more: Any) -> Record:
    value = fields if isinstance(fields, bytes) else orjson.dumps(fields)
    given = {"timestamp": START + offset * 1000, "headers": {}}
    return Record(CONVERSATION_EVENTS.name, partition, offset, key, value, **{**given, **more})


def said(offset: int, text: str, conversation: str = "c", **fields: Any) -> Record:
    event = {"conversation_id": conversation, "role": "user", "text": text, **fields}
    return record(offset, event, timestamp=fields.get("time", START + offset * 1000))


def tick(offset: int, minutes: float) -> Record:
    return record(offset, {"type": "tick", "time": START + round(minutes * MINUTE)})


def traffic() -> list[Record]:
    """Two agents, conversations that interleave, fall silent, speak again; repeats and what is no event."""
    random = np.random.default_rng(5)
    needs = ("I want to cancel my order", "What is my balance?", "thanks", "no, I meant the other one", "")
    records: list[Record] = []
    for offset in range(90):
        conversation, draw = f"c{random.integers(8)}", random.random()
        common: dict[str, Any] = {"conversation_id": conversation, "agent": f"a{int(conversation[1]) % 2}"}
        if draw < 0.5:
            event = common | {"role": "user", "text": needs[random.integers(len(needs))]}
            event |= {"turn_id": f"t{random.integers(60)}"} if draw < 0.3 else {}
        elif draw < 0.7:
            event = common | {"role": "assistant", "text": "I am sorry, I cannot do that."}
        elif draw < 0.8:
            event = common | {"type": "outcome", "outcome": {"status": "completed"}}
        elif draw < 0.85:
            event = common | {"type": "end"}
        elif draw < 0.92:
            event = {"type": "tick", "time": START + offset * 40_000}
        else:
            event = {"conversation_id": 5}
        records.append(record(offset, event, timestamp=START + offset * 40_000))
    return records


@pytest.mark.parametrize("seed", range(3))
async def test_batch_cuts_change_neither_output_nor_state(seed: int, bench: Any) -> None:
    records = traffic()
    one, other = await bench(), await bench()
    await one.feed(records, cuts=range(1, len(records)))
    cuts = sorted(np.random.default_rng(seed).choice(np.arange(1, len(records)), 6, replace=False).tolist())
    await other.feed(records, cuts=cuts)
    assert one.broker.sent == other.broker.sent
    assert await one.state() == await other.state()
    totals = one.delivery.totals
    assert totals.duplicates > 0
    assert totals.dead > 0
    assert totals.processed + totals.duplicates + totals.dead == len(records)


async def crash_and_repeat(broken: Bench, crashing: CrashingStore, batch: Sequence[Record]) -> None:
    """Handle *batch* twice: the first time the worker dies before the state is written."""
    crashing.crash = False
    await broken.delivery.handle(batch[:1])  # takes the partition over
    crashing.crash = True
    before = len(broken.broker.sent)
    with pytest.raises(Crash):
        await broken.delivery.handle(batch[1:])
    again = broken.broker.sent[before:]
    crashing.crash = False
    broken.start()
    del broken.broker.sent[before:]
    await broken.delivery.handle(batch)
    assert broken.broker.sent[before:] == again


async def test_a_worker_that_dies_between_sending_and_committing_says_the_same_again(bench: Any) -> None:
    records = traffic()
    whole, broken = await bench(), await bench()
    await whole.feed(records)
    crashing = CrashingStore(broken.store)
    broken.store = crashing
    broken.start()
    for first in range(0, len(records), 15):
        await crash_and_repeat(broken, crashing, records[first : first + 15])
    assert broken.broker.sent == whole.broker.sent
    assert await broken.state() == await whole.state()


async def test_an_empty_second_delivery_of_everything_changes_nothing(bench: Any) -> None:
    one = await bench()
    await one.feed(traffic())
    sent, state = list(one.broker.sent), await one.state()
    one.start()
    await one.feed(traffic(), cuts=[10, 50])
    assert one.broker.sent == sent
    assert await one.state() == state


async def test_silence_ends_a_conversation_by_the_time_of_the_log(bench: Any) -> None:
    one = await bench(idle_timeout_s=300)
    await one.feed([said(0, "I want to cancel my order"), tick(1, 4.9)])
    assert [turn.type for turn in one.broker.turns()] == ["turn", "tick"]
    await one.feed([tick(2, 5)])
    outcome = one.broker.turns()[2]
    assert (outcome.type, outcome.time, outcome.final) == ("outcome", START + 5 * MINUTE, True)
    assert not outcome.explicit


async def test_silence_is_noticed_by_a_worker_that_took_over(bench: Any) -> None:
    one = await bench(idle_timeout_s=300)
    await one.feed([said(0, "I want to cancel my order")])
    one.start()
    await one.feed([tick(1, 6)])
    assert [turn.type for turn in one.broker.turns()] == ["turn", "outcome", "tick"]


async def test_a_later_turn_reopens_a_conversation_and_corrects_its_outcome(bench: Any) -> None:
    one = await bench()
    told = {"conversation_id": "c", "type": "outcome"}
    await one.feed(
        [said(0, "I want to cancel my order"), record(1, told | {"outcome": {"status": "failed"}})]
    )
    await one.feed([said(2, "ah, now it works, thank you")])
    await one.feed(
        [record(3, told | {"outcome": {"status": "completed"}}), record(4, told | {"type": "end"})]
    )
    outcomes = [turn.outcomes[0].status for turn in one.broker.turns() if turn.type == "outcome"]
    assert outcomes == ["failed", "completed"]


async def test_ticks_reach_the_agents_that_were_heard_of_and_are_no_turns(bench: Any) -> None:
    one = await bench()
    await one.feed([said(0, "hello", agent="a"), said(1, "hello", agent="b", tenant="t"), tick(2, 1)])
    ticks = [turn for turn in one.broker.turns() if turn.type == "tick"]
    assert [(turn.tenant, turn.agent) for turn in ticks] == [("default", "a"), ("t", "b")]
    assert len({turn.source.text() for turn in one.broker.turns()}) == 4


async def test_an_event_under_a_foreign_key_is_put_under_its_own_once(bench: Any) -> None:
    broker = Broker(partitions=7)
    one = await bench(broker)
    event = {"conversation_id": "c", "role": "user", "text": "hello"}
    right = partition_of(b"default/default/c", 7)
    wrong = (right + 1) % 7
    await one.feed([record(0, event, partition=wrong, key=b"mine", headers={"trace": b"1"})])
    [moved] = broker.sent
    assert (moved.topic, moved.key, moved.timestamp) == (
        CONVERSATION_EVENTS.name,
        b"default/default/c",
        START,
    )
    assert dict(moved.headers)["trace"] == b"1"
    back = record(0, moved.value or b"", partition=right, key=moved.key, headers=dict(moved.headers))
    await one.feed([back])
    assert len(broker.sent) == 2
    assert broker.turns()[0].text == "hello"
    assert (one.delivery.totals.processed, one.delivery.totals.duplicates) == (1, 0)


async def test_a_log_that_restarted_is_read_from_its_beginning(bench: Any) -> None:
    one = await bench()
    await one.feed([said(offset, f"I want number {offset}") for offset in range(5)])
    for cluster, end in (("cluster", 2), ("another", 2**40)):
        one.broker.cluster, one.broker.ends = cluster, end
        one.start()
        before = len(one.broker.turns())
        await one.feed([said(0, f"I want something else {cluster} {end}"), said(1, f"{cluster} {end}")])
        assert len(one.broker.turns()) == before + 2
    assert len({turn.source.text() for turn in one.broker.turns()}) == len(one.broker.turns())


async def test_what_is_stored_and_sent_is_redacted(bench: Any) -> None:
    one = await bench()
    secret = "ann.smith@example.com"
    tool = {"name": "mail", "arguments": {"to": secret}, "result": secret}
    await one.feed(
        [
            said(0, f"write to {secret}", user_id="ann-the-user", slices={"contact": secret}),
            record(1, {"conversation_id": "c", "role": "tool", "tool": tool}),
            record(
                2, {"conversation_id": "c", "type": "feedback", "feedback": {"score": 1, "comment": secret}}
            ),
            record(3, {"conversation_id": secret, "role": "user", "text": "hello"}),
        ]
    )
    everything = repr(one.broker.sent) + repr(await one.state())
    assert secret not in everything
    assert "ann-the-user" not in everything


async def test_a_letter_that_no_message_can_hold_is_cut_and_says_so(bench: Any) -> None:
    one = await bench()
    value = orjson.dumps({"conversation_id": "c", "role": "user", "text": "x" * (9 * 1024 * 1024)})
    huge = {"big": b"h" * 5_000}
    await one.feed([record(0, value, key=b"k"), record(1, value, key=b"k" * 9_000_000, headers=huge)])
    for letter in one.broker.of(DEAD_LETTERS.name):
        told = about(letter.headers)
        assert told["reason"] == "too_large"
        assert int(told["cut-from"]) > len(value)
        assert value.startswith(letter.value or b"?")
        size = len(letter.key or b"") + len(letter.value or b"")
        size += sum(len(name) + len(one) for name, one in letter.headers)
        assert 8_000_000 < size < MAX_MESSAGE_BYTES
    assert one.delivery.totals.dead == 2


async def test_the_largest_event_that_can_be_sent_on_is_taken(bench: Any) -> None:
    one = await bench()
    event = {"conversation_id": "c", "role": "user", "text": "", "turn_id": "t"}
    room = MAX_RECORD_BYTES - len(orjson.dumps(event))
    for offset, extra in enumerate((0, 1)):
        event |= {"text": "x" * (room + extra), "turn_id": str(offset)}
        await one.feed([record(offset, event)])
    assert (one.delivery.totals.processed, one.delivery.totals.dead) == (1, 1)
    assert len(one.broker.turns()[0].text) == 4_000


def test_a_header_without_a_value_is_empty_and_one_that_repeats_keeps_its_last() -> None:
    message = SimpleNamespace(
        topic="t",
        partition=0,
        offset=1,
        key=None,
        value=None,
        timestamp=1_760_000_000.123,
        headers=[("a", None), ("b", b"1"), ("b", b"2")],
    )
    found = record_of(message)
    assert found.headers == {"a": b"", "b": b"2"}
    assert (found.timestamp, weight(found)) == (1_760_000_000_123, 3)


def told(offset: int, conversation: str, status: str) -> Record:
    event = {"type": "outcome", "conversation_id": conversation, "outcome": {"status": status}}
    return record(offset, event)


def rated(offset: int, conversation: str, score: float) -> Record:
    return record(offset, {"type": "feedback", "conversation_id": conversation, "feedback": {"score": score}})


def an_agent_that_is_told_of() -> list[Record]:
    """Conversations that all read alike; most were failures, one is corrected, one only has a thumb."""
    records: list[Record] = [rated(0, "early", -1.0)]
    for number in range(24):
        name = f"c{number}"
        at = len(records)
        records.append(said(at, "I want to cancel my order", name))
        records.append(said(at + 1, "Your order has been cancelled.", name, role="assistant"))
        records.append(told(at + 2, name, "failed" if number else "completed"))
    at = len(records)
    records += [told(at, "c0", "failed"), told(at + 1, "c0", "failed")]
    for name in ("early", "late"):
        at = len(records)
        records.append(said(at, "I want to cancel my order", name))
        records.append(said(at + 1, "Your order has been cancelled.", name, role="assistant"))
        records.append(record(at + 2, {"type": "end", "conversation_id": name}))
    return [*records, rated(len(records), "late", 1.0)]


async def test_told_outcomes_teach_what_later_ones_are_inferred_from(bench: Any) -> None:
    """The first inferred one of an agent would be completed; after 24 told failures it is not."""
    worker = await bench()
    records = an_agent_that_is_told_of()
    await worker.feed(records)

    endings = [one for one in worker.broker.turns() if one.type == "outcome"]
    inferred = [one for one in endings if not one.explicit]
    assert [one.conversation_id for one in inferred] == ["early", "late"]
    assert all(one.outcomes[0].status != "completed" for one in inferred)
    assert all(one.outcomes[0].probability <= 0.85 for one in inferred)
    assert {why.kind for why in inferred[0].outcomes[0].reasons} >= {"done", "done_once"}
    state = inferred[-1].calibration
    assert state is not None
    assert (state.told, state.thumbs) == (24, 1)
    assert state.slope < 0.8

    corrected = [one.outcomes[0].status for one in endings if one.conversation_id == "c0"]
    assert corrected == ["completed", "failed"]


async def test_a_crash_anywhere_changes_nothing_of_what_is_learnt(bench: Any) -> None:
    records = an_agent_that_is_told_of()
    undisturbed, cut = await bench(), await bench()
    await undisturbed.feed(records)
    await cut.feed(records[:37], [5, 20])
    cut.start()
    await cut.feed(records[30:], [11, 12])

    assert await cut.state() == await undisturbed.state()

"""Forgetting in the turns stage: cut or crashed anywhere, the same is erased and the same is said."""

from typing import Any

import orjson
import pytest
from test_turn_flow import START, Bench, Broker, CrashingStore, bench, crash_and_repeat, embedder, record

from groundswell.models.event import ConversationEvent, InvalidEvent, parse
from groundswell.sinks.store import Where
from groundswell.streams.collections import TURNS
from groundswell.streams.delivery import Record
from groundswell.streams.erasure import Wanted, archived
from groundswell.streams.forget_command import remains
from groundswell.streams.forgetting import ERASED
from groundswell.streams.settings import Settings
from groundswell.streams.topics import TOPICS

__all__ = ["bench", "embedder"]

ANN, BOB = "ann", "bob"


def uuid(name: str, agent: str = "default") -> str:
    return ConversationEvent(conversation_id=name, agent=agent, role="user", text="").conversation


def traffic() -> list[Record]:
    """Two users, one conversation that both took part in; forgetting in the middle and at the end."""
    records: list[Record] = []

    def add(**fields: Any) -> None:
        offset = len(records)
        records.append(record(offset, fields, timestamp=START + offset * 20_000))

    def say(conversation: str, user: str, text: str, **more: Any) -> None:
        add(conversation_id=conversation, user_id=user, role="user", text=text, **more)

    def forget(**whose: Any) -> None:
        add(type="forget", forget=whose)

    for turn in range(3):
        say("a", ANN, f"I want to cancel my order {turn}")
        say("b", BOB, f"What is my balance {turn}?")
        say("shared", ANN if turn == 0 else BOB, f"where is my parcel {turn}", turn_id=f"s{turn}")
        say("a", ANN, f"cancel it {turn}", agent="second")
    add(type="tick", time=START + 3_600_000)
    forget(user=Settings().hash_user(ANN))
    say("a", ANN, "I want to return a shirt")
    say("shared", BOB, "where is my parcel 1", turn_id="s1")
    say("b", BOB, "thanks")
    forget(conversation=uuid("b"))
    forget(user=Settings().hash_user("nobody"))
    say("b", BOB, "What is my limit?")
    forget(user=Settings().hash_user(ANN), agent="second")
    return records


async def texts(one: Bench) -> set[str]:
    return {
        point.payload.get("text", "") for point in await one.store.read_all(TURNS, Where(), vectors=False)
    }


async def test_what_was_said_before_is_erased_and_what_is_said_after_is_not(bench: Any) -> None:
    one = await bench()
    await one.feed(traffic())
    assert await texts(one) == {"", "I want to return a shirt", "What is my limit?"}
    erased = [turn.conversation for turn in one.broker.turns() if turn.type == "forget"]
    assert sorted(erased) == sorted([uuid("a"), uuid("a", "second"), uuid("shared"), uuid("b")])


@pytest.mark.parametrize("size", [1, 4, 11])
async def test_batch_cuts_change_neither_what_is_said_nor_what_is_left(size: int, bench: Any) -> None:
    records = traffic()
    whole, cut = await bench(), await bench()
    await whole.feed(records)
    await cut.feed(records, cuts=range(size, len(records), size))
    assert cut.broker.sent == whole.broker.sent
    assert await cut.state() == await whole.state()


async def test_a_worker_that_dies_before_the_state_is_written_forgets_the_same_again(bench: Any) -> None:
    """The archive is overwritten already then: the repeated event has to find what it had found before."""
    records = traffic()
    whole, broken = await bench(), await bench()
    await whole.feed(records)
    crashing = CrashingStore(broken.store)
    broken.store = crashing
    broken.start()
    for first in range(0, len(records), 7):
        await crash_and_repeat(broken, crashing, records[first : first + 7])
    assert broken.broker.sent == whole.broker.sent
    assert await broken.state() == await whole.state()


async def test_each_partition_forgets_what_is_its_own(bench: Any) -> None:
    one = await bench(Broker(partitions=1))
    await one.feed(
        [record(0, {"conversation_id": "a", "user_id": ANN, "role": "user", "text": "hello there"})]
    )
    event = {"type": "forget", "forget": {"user": Settings().hash_user(ANN)}}
    await one.feed([record(5, event, partition=1)])
    assert "hello there" in await texts(one)
    await one.feed([record(1, event)])
    assert await texts(one) == {""}


async def test_what_the_command_counts_is_what_is_erased(bench: Any) -> None:
    one = await bench()
    records = traffic()
    await one.feed(records[:12])
    settings = Settings()
    ann = Wanted.of(settings, user=ANN, conversation=None, tenant="default", agent=None)
    second = Wanted.of(settings, user=ANN, conversation=None, tenant="default", agent="second")
    single = Wanted.of(settings, user=None, conversation="b", tenant="default", agent=None)
    assert [len(await archived(one.store, wanted)) for wanted in (ann, second, single)] == [9, 3, 3]
    await one.feed([record(20, orjson.loads(ann.value()))])
    assert [len(await archived(one.store, wanted)) for wanted in (ann, second, single)] == [0, 0, 3]
    left = await one.store.read_all(TURNS, Where.equal(conversation=uuid("a")), vectors=True)
    assert {point.payload["type"] for point in left} == {ERASED}


def test_the_event_names_nobody() -> None:
    settings = Settings()
    for user, conversation in (("ann@example.com", None), (None, "chat with ann@example.com")):
        wanted = Wanted.of(settings, user=user, conversation=conversation, tenant="shop", agent=None)
        assert b"ann" not in wanted.value()
        assert parse(wanted.value(), timestamp=START)[0].type == "forget"


@pytest.mark.parametrize(
    "given",
    [
        {"type": "forget"},
        {"type": "forget", "forget": {}},
        {"type": "forget", "forget": {"user": "ann"}},
        {"type": "forget", "forget": {"user": "0" * 16, "conversation": uuid("a")}},
    ],
)
def test_a_forget_event_without_one_hash_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidEvent):
        parse(orjson.dumps(given), timestamp=START)


def test_the_report_names_every_topic_that_holds_what_people_said() -> None:
    told = remains(Settings(topic_prefix="x-"))
    silent = {"change-status", "change-verdicts", "intent-commands"}
    assert set(told) == {f"x-{topic.name}" for topic in TOPICS} - {f"x-{name}" for name in silent}
    assert all(
        told[f"x-{t.name}"].endswith(f"{t.retention_days} days") for t in TOPICS if t.name not in silent
    )

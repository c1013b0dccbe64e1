"""Nothing leaves the flow unredacted, in whichever field a producer put it; and it can be erased."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from groundswell.models.event import ConversationEvent
from groundswell.sinks.embedder import Embedder
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.store import Point, Where
from groundswell.streams.collections import COLLECTIONS, INTENTS_STATE, TURNS, TURNS_STATE
from groundswell.streams.delivery import Output
from groundswell.streams.embedded import Flow, embedded
from groundswell.streams.replay_order import Imported
from groundswell.streams.settings import Settings
from groundswell.streams.topics import DEAD_LETTERS

START = 1_760_000_000_000
#: Every field that holds text. Tenant and agent are the operator's own names: they route, and are shown.
MARKED = {
    "conversation_id": "c-{}",
    "turn_id": "t-{}",
    "model": "{}",
    "prompt_version": "v1 {}",
    "release": "r {}",
    "config_version": "{}",
    "variant": "{}",
    "user_id": "{}",
    "trace_id": "{}",
    "span_id": "{}",
    "text": "I want to cancel my order, write to {} please",
}


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder.default()


def secret(number: int) -> str:
    """An e-mail address like no other."""
    return f"leak{number}x@example.com"


def imported(fields: dict[str, Any], offset: int = 0) -> Imported:
    event = {"time": START + offset * 1000, **fields}
    key = ConversationEvent.model_validate(event).key.encode()
    return Imported(orjson.dumps(event), key, START + offset * 1000, offset, "test")


def every_field() -> list[dict[str, Any]]:
    """Events of every kind; each field holds a secret of its own."""
    numbers = iter(range(1000))
    base = {name: form.format(secret(next(numbers))) for name, form in MARKED.items()}
    same = {"conversation_id": base["conversation_id"]}
    nested = {
        "to": [{"deep": {secret(next(numbers)): secret(next(numbers))}}],
        "password": "leak-by-key-name",
    }
    tool = {
        "name": f"send_{secret(next(numbers))}",
        "call_id": secret(next(numbers)),
        "arguments": {**nested, "authorization": {"scheme": "leak-by-key-scheme"}},
        "result": orjson.dumps({"api_key": "leak-by-key-in-text", "mail": secret(next(numbers))}).decode(),
    }
    slices = {secret(next(numbers)): secret(next(numbers)), "plan": "pro"}
    feedback = {
        "score": -1,
        "comment": secret(next(numbers)),
        "edited_reply": secret(next(numbers)),
        "turn_id": secret(next(numbers)),
    }
    outcome = {"status": "failed", "reason": secret(next(numbers))}
    return [
        {**base, "role": "user", "slices": slices},
        {**same, "role": "system", "text": f"You are an agent. Escalate to {secret(next(numbers))}."},
        {
            **same,
            "role": "assistant",
            "text": f"Mail {secret(next(numbers))}, reply to {secret(next(numbers))}",
        },
        {**same, "role": "tool", "tool": tool},
        {**same, "role": "tool", "text": '{"token": "leak-by-key-of-text"}', "tool": {"name": "t"}},
        {**same, "type": "feedback", "feedback": feedback},
        {**same, "type": "outcome", "outcome": outcome},
        {**same, "type": "end"},
    ]


async def stored(flow: Flow) -> bytes:
    """Every payload of every collection."""
    points: list[Point] = []
    for collection in COLLECTIONS:
        points += await flow.services.store.read_all(collection, Where(), vectors=False)
    return b"\n".join(orjson.dumps([point.id, point.payload]) for point in points)


async def test_a_secret_in_any_field_reaches_no_topic_no_store_and_no_metric(
    tmp_path: Path, embedder: Embedder, capfd: pytest.CaptureFixture[str]
) -> None:
    outputs: list[Output] = []
    metrics = Metrics()
    events = [imported(fields, place) for place, fields in enumerate(every_field())]
    events += [
        imported({"conversation_id": f"o{n}", "role": "user", "text": "where is my parcel"}, 200 + n)
        for n in range(9)
    ]
    async with embedded(Settings(), tmp_path, outputs.append, metrics, embedder) as flow:
        await flow.feed(events)
        assert flow.totals("turns").dead == 0
        kept = await stored(flow)
    sent = b"\n".join(
        b"%s %s %r" % (one.key or b"", one.value or b"", one.headers)
        for one in outputs
        if one.topic != DEAD_LETTERS.name
    )
    assert b"[email]" in kept
    assert b"[email]" in sent
    for what in (kept, sent, metrics.expose()[0], *map(str.encode, capfd.readouterr())):
        assert re.findall(rb"leak[\w-]+", what) == []


def conversation(name: str, user: str, text: str, start: int) -> list[Imported]:
    said = {"conversation_id": name, "user_id": user}
    return [
        imported({**said, "role": "user", "text": f"I want to cancel my order of {text}"}, start),
        imported({**said, "role": "assistant", "text": f"Sorry, I cannot cancel {text}."}, start + 1),
        imported({**said, "role": "user", "text": f"please cancel the {text} now"}, start + 2),
        imported(
            {**said, "type": "feedback", "feedback": {"score": -1, "comment": f"bad {text}"}}, start + 3
        ),
    ]


def forget(offset: int, **whose: str) -> Imported:
    return imported({"type": "forget", "forget": whose}, offset)


def uuid(name: str) -> str:
    return ConversationEvent(conversation_id=name, role="user", text="").conversation


@pytest.mark.parametrize("by", ["user", "conversation"])
async def test_what_is_forgotten_is_in_no_store_and_the_rest_is(
    by: str, tmp_path: Path, embedder: Embedder
) -> None:
    settings = Settings()
    whose = {"user": settings.hash_user("ann")} if by == "user" else {"conversation": uuid("mine")}
    events = [
        *conversation("mine", "ann", "marmalade", 0),
        *conversation("other", "bob", "trousers", 10),
        forget(20, **whose),
        imported(
            {"conversation_id": "late", "role": "user", "text": "where is my parcel", "user_id": "ann"}, 30
        ),
    ]
    outputs: list[Output] = []
    async with embedded(settings, tmp_path, outputs.append, None, embedder) as flow:
        await flow.feed(events)
        kept = await stored(flow)
        points = await flow.services.store.read_all(
            TURNS, Where.equal(conversation=uuid("mine")), vectors=True
        )
    assert b"marmalade" not in kept
    assert b"trousers" in kept
    assert b"where is my parcel" in kept  # what is said afterwards is not forgotten
    assert len(points) == 4
    assert all(point.vector is None and point.payload["type"] == "erased" for point in points)
    hashed, mine = settings.hash_user("ann").encode(), uuid("mine").encode()
    assert not any(hashed in line for line in kept.split(b"\n") if mine in line)


async def test_a_forgotten_conversation_that_speaks_again_starts_anew_and_repeats_stay_known(
    tmp_path: Path, embedder: Embedder
) -> None:
    first = conversation("mine", "ann", "marmalade", 0)
    again = imported({"conversation_id": "mine", "role": "user", "text": "what is my balance?"}, 40)
    async with embedded(Settings(), tmp_path, None, None, embedder) as flow:
        await flow.feed([*first, forget(20, conversation=uuid("mine")), *first, again])
        kept = await stored(flow)
        assert flow.totals("turns").duplicates == len(first)
        (state,) = await flow.services.store.retrieve(TURNS_STATE, [uuid("mine")])
    assert b"marmalade" not in kept
    assert b"what is my balance" in kept
    assert orjson.loads(state.payload["record"])["conversation_id"] == "mine"


async def test_only_the_named_tenant_forgets(tmp_path: Path, embedder: Embedder) -> None:
    settings = Settings()
    elsewhere = imported({"type": "forget", "tenant": "b", "forget": {"user": settings.hash_user("ann")}}, 20)
    async with embedded(settings, tmp_path, None, None, embedder) as flow:
        await flow.feed([*conversation("mine", "ann", "marmalade", 0), elsewhere])
        assert b"marmalade" in await stored(flow)


async def test_the_intents_keep_no_example_of_a_forgotten_conversation(
    tmp_path: Path, embedder: Embedder
) -> None:
    events = [one for n in range(30) for one in conversation(f"c{n}", f"u{n}", "a red bicycle", 10 * n)]
    mine = conversation("mine", "ann", "marmalade", 500)
    async with embedded(Settings(), tmp_path, None, None, embedder) as flow:
        await flow.feed([*events, *mine])
        before = await flow.services.store.read_all(INTENTS_STATE, Where(), vectors=False)
        await flow.feed([forget(600, conversation=uuid("mine"))])
        after = await flow.services.store.read_all(INTENTS_STATE, Where(), vectors=False)
    assert any("marmalade" in str(point.payload) for point in before)
    assert not any("marmalade" in str(point.payload) for point in after)

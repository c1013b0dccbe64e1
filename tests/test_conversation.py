"""A conversation's state after each event; restored after any of them, it goes on byte for byte."""

from typing import Any

import pytest

from groundswell.models.conversation import HISTORY, Conversation, Reading, Texts
from groundswell.models.event import ConversationEvent
from groundswell.models.position import Source
from groundswell.models.reading.reader import ConversationReader
from groundswell.models.reading.running_mean import RunningMean
from groundswell.sinks.embedder import Embedder

START = 1_760_000_000_000

SCRIPT: list[dict[str, Any]] = [
    {"role": "system", "text": "You help people.", "release": "r1"},
    {"role": "user", "text": "Hello", "user_id": "u1", "slices": {"plan": "pro"}},
    {"role": "assistant", "text": "Hello, how can I help?", "model": "m1"},
    {"role": "user", "text": "I want to cancel my order"},
    {
        "role": "tool",
        "tool": {"name": "get_order", "arguments": {"id": 7}, "result": "none", "status": "error"},
    },
    {"role": "assistant", "text": "I'm sorry, I cannot find that order."},
    {"role": "user", "text": "No, I meant the other one", "release": "r2"},
    {"type": "end"},
    {"role": "user", "text": "What is the balance of my checking account?", "slices": {"stage": "late"}},
    {"role": "tool", "tool": {"name": "balance", "result": "5", "status": "ok"}},
    {"role": "assistant", "text": "It is 5 dollars. Is there anything else?"},
    {"role": "user", "text": "No, thank you, that is all"},
    {"type": "end"},
    {"type": "outcome", "outcome": {"status": "churned"}},
    {"role": "user", "text": ""},
    {"type": "end"},
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder.default()


def events() -> list[ConversationEvent]:
    return [ConversationEvent.model_validate({"conversation_id": "c", **fields}) for fields in SCRIPT]


def source(offset: int) -> Source:
    return Source(log="l", partition=0, offset=offset)


def fresh() -> tuple[Conversation, RunningMean]:
    mean = RunningMean()
    return Conversation(ConversationReader(mean), "c", "default/default"), mean


def step(conversation: Conversation, event: ConversationEvent, offset: int, embedder: Embedder) -> Any:
    at = source(offset)
    conversation.touch(event, START + offset * 1000, at, event.user_id and f"h{event.user_id}")
    if event.outcome is not None:
        conversation.tell(event.outcome.status)
    if event.type != "turn":
        return conversation.close(at.model_copy(update={"index": 1}), silent=False)
    tool = event.tool
    texts = Texts(event.text or "", tool.arguments_text() if tool else "", tool.result_text() if tool else "")
    [vector] = embedder.embed([texts.text]) if event.role == "user" else [None]
    return seen(conversation.read(event, texts, vector))


def seen(reading: Reading) -> Any:
    vector = None if reading.vector is None else reading.vector.tobytes()
    return reading.ordinal, reading.segment, reading.passes, reading.probability, vector, reading.signals


@pytest.fixture(scope="module")
def undisturbed(embedder: Embedder) -> tuple[list[Any], bytes, bytes]:
    conversation, mean = fresh()
    results = [step(conversation, event, offset, embedder) for offset, event in enumerate(events())]
    return results, conversation.record().payload, mean.to_json()


@pytest.mark.parametrize("cut", range(len(SCRIPT) + 1))
def test_a_conversation_restored_after_any_event_gives_the_same_bytes(
    cut: int, embedder: Embedder, undisturbed: tuple[list[Any], bytes, bytes]
) -> None:
    conversation, mean = fresh()
    script = list(enumerate(events()))
    results = [step(conversation, event, offset, embedder) for offset, event in script[:cut]]
    again = RunningMean.from_json(mean.to_json())
    restored = Conversation.restore(conversation.record(), lambda _: again)
    results += [step(restored, event, offset, embedder) for offset, event in script[cut:]]
    assert (results, restored.record().payload, again.to_json()) == undisturbed


def test_the_script_has_what_the_claims_are_about(undisturbed: tuple[list[Any], bytes, bytes]) -> None:
    results, _, _ = undisturbed
    readings = [result for result, fields in zip(results, SCRIPT, strict=True) if "role" in fields]
    assert sum(passes for _, _, passes, *_ in readings) >= 2
    assert any("tool_error" in reading[-1] for reading in readings)
    assert [reading[0] for reading in readings] == list(range(len(readings)))


def test_each_event_is_in_once_and_the_effect_of_a_record_counts_by_its_index(embedder: Embedder) -> None:
    conversation, _ = fresh()
    assert not conversation.covers(source(0))
    step(conversation, events()[3], 5, embedder)
    assert conversation.covers(source(5))
    assert conversation.covers(source(4))
    assert not conversation.covers(source(5).model_copy(update={"index": 1}))
    assert not conversation.covers(source(6))
    assert not conversation.covers(source(5).model_copy(update={"log": "another"}))


def test_what_is_in_effect_is_remembered_until_it_changes(embedder: Embedder) -> None:
    conversation, _ = fresh()
    for offset, event in enumerate(events()[:9]):
        step(conversation, event, offset, embedder)
    facts = conversation.facts
    assert (facts["model"], facts["release"], facts["user"]) == ("m1", "r2", "hu1")
    assert facts["prompt_version"].startswith("sha256:")
    assert conversation.slices == {"plan": "pro", "stage": "late"}


def test_an_outcome_is_said_again_only_when_it_has_changed(embedder: Embedder) -> None:
    conversation, _ = fresh()
    need, end = events()[3], events()[7]
    step(conversation, need, 0, embedder)
    assert step(conversation, end, 1, embedder)
    assert step(conversation, end, 2, embedder) == ()


def test_an_outcome_that_is_told_outranks_what_was_inferred_and_lasts(embedder: Embedder) -> None:
    conversation, _ = fresh()
    step(conversation, events()[3], 0, embedder)
    [inferred] = step(conversation, events()[7], 1, embedder)
    assert inferred.probability <= 0.85
    [told] = step(conversation, events()[13], 2, embedder)
    assert (told.status, told.probability) == ("failed", 1.0)
    step(conversation, events()[6], 3, embedder)
    assert conversation.told == "failed"


def test_a_later_turn_reopens_and_a_long_life_stays_bounded(embedder: Embedder) -> None:
    conversation, _ = fresh()
    sizes = []
    for offset in range(300):
        event = events()[(3, 5, 4, 13, 7)[offset % 5]]
        if event.outcome is not None:
            status = ("completed", "failed")[offset // 5 % 2]
            told = {"status": status}
            event = event.model_copy(update={"outcome": event.outcome.model_copy(update=told)})
        step(conversation, event, offset, embedder)
        sizes.append(len(conversation.record().payload))
        assert conversation.closed == (event.type != "turn")
    assert len(conversation.history) == HISTORY
    assert max(sizes[200:]) < 1.1 * max(sizes[100:200])

"""Trace exports: repeated history is no new turn, other calls of models are no turns, scores are feedback."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import import_samples as samples
import orjson
import pytest

from groundswell.models.importing.content import InvalidRow
from groundswell.models.importing.history import news
from groundswell.models.importing.langfuse import exchanges_of as of_langfuse
from groundswell.models.importing.langsmith import exchanges_of as of_langsmith
from groundswell.models.importing.message import Message, messages_of
from groundswell.models.importing.scores import centred, feedback_of, statistic
from groundswell.streams.importing import How, ImportProblem, read_events

NOW = 1_800_000_000_000


def values(folder: Path, *rows: Any) -> list[dict[str, Any]]:
    path = folder / "rows.jsonl"
    path.write_bytes(samples.lines(list(rows)))
    problems: list[ImportProblem] = []
    events = list(read_events([str(path)], now_ms=NOW, how=How(strict=True), report=problems.append))
    assert problems == []
    return [orjson.loads(event.value) for event in events]


def texts(events: list[dict[str, Any]]) -> list[str]:
    return [event["text"] for event in events if event.get("role") in ("user", "assistant")]


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def bot(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def run(number: int, inputs: list[Any], answer: str, trace: str = "", **fields: Any) -> dict[str, Any]:
    return {
        "id": f"r{number}",
        "trace_id": trace or f"t{number}",
        "run_type": "llm",
        "start_time": samples.langsmith_time(number),
        "inputs": {"messages": inputs},
        "outputs": {"choices": [{"message": bot(answer)}]},
        "extra": {"metadata": {"session_id": "s"}},
        **fields,
    }


# -- history


def said(*words: str) -> list[Message]:
    return [Message("user" if word.islower() else "assistant", word) for word in words]


@pytest.mark.parametrize(
    ("before", "heard", "new"),
    [
        ("", "a", "a"),
        ("aB", "aBc", "c"),  # the whole history
        ("aBcD", "cDe", "e"),  # a window of it
        ("aB", "c", "c"),  # none of it
        ("aB", "a", "a"),  # none of it, and the same words once more
        ("aBcD", "XcDe", "e"),  # a summary before a window
        ("aB", "aYc", "c"),  # an answer that was rewritten
        ("aB", "aBa", "a"),  # the same words once more, after the history
        ("aBaB", "aBaBa", "a"),
    ],
)
def test_what_a_model_was_told_before_is_not_new(before: str, heard: str, new: str) -> None:
    known = [message.fingerprint for message in said(*before)]
    assert [message.text for message in news(known, said(*heard), opening=True)] == list(new)


def test_a_second_call_with_the_same_input_in_one_trace_is_no_new_turn() -> None:
    known = [message.fingerprint for message in said("a", "B")]
    assert news(known, said("a"), opening=False) == []


def test_ten_runs_that_repeat_the_history_give_each_turn_once(tmp_path: Path) -> None:
    history: list[Any] = []
    rows = []
    for number in range(10):
        history.append(user(f"question {number % 3}"))
        rows.append(run(number, list(history), f"answer {number % 2}"))
        history.append(bot(f"answer {number % 2}"))
    events = values(tmp_path, *rows)
    assert texts(events) == [message["content"] for message in history]
    assert len({event["turn_id"] for event in events}) == 20


def test_a_later_export_of_a_thread_gives_the_turns_of_before_the_same_ids(tmp_path: Path) -> None:
    first, second = run(1, [user("a")], "B"), run(2, [user("a"), bot("B"), user("c")], "D")
    whole = [event["turn_id"] for event in values(tmp_path, first, second)]
    assert [event["turn_id"] for event in values(tmp_path, second)] == whole


def test_a_call_that_names_or_judges_the_conversation_is_no_part_of_it(tmp_path: Path) -> None:
    naming = run(2, [{"role": "system", "content": "Name this"}, user("Title for: a")], "A title", trace="t1")
    assert texts(values(tmp_path, run(1, [user("a")], "B"), naming)) == ["a", "B"]


def test_a_trace_without_messages_gives_what_went_in_and_out_of_its_root(tmp_path: Path) -> None:
    rows = [
        {
            "id": f"t{n}",
            "run_type": "chain",
            "start_time": samples.langsmith_time(n),
            "inputs": {"question": f"q{n}"},
            "outputs": {"answer": f"A{n}"},
            "extra": {"metadata": {"conversation_id": "s"}},
        }
        for n in (1, 2)
    ]
    assert texts(values(tmp_path, *rows)) == ["q1", "A1", "q2", "A2"]


def test_a_graph_that_gives_all_messages_back_gives_each_once(tmp_path: Path) -> None:
    row = run(1, [user("a")], "") | {"run_type": "chain", "outputs": {"messages": [user("a"), bot("B")]}}
    assert texts(values(tmp_path, row)) == ["a", "B"]


def test_a_trace_without_a_session_is_a_conversation_of_its_own(tmp_path: Path) -> None:
    events = values(tmp_path, run(1, [user("a")], "B", extra={}), run(2, [user("a")], "B", extra={}))
    assert [event["conversation_id"] for event in events] == ["t1", "t1", "t2", "t2"]


def test_the_run_s_own_session_is_its_project_and_not_a_conversation(tmp_path: Path) -> None:
    events = values(tmp_path, run(1, [user("a")], "B", extra={}, session_id="project"))
    assert {event["conversation_id"] for event in events} == {"t1"}


def test_a_session_that_only_the_root_names_is_that_of_the_whole_trace(tmp_path: Path) -> None:
    trace = {"id": "trace-1", "timestamp": samples.langfuse_time(0), "session_id": "s9", "input": "x"}
    observation = samples.generation(1, 2) | {"session_id": ""}
    score = {"id": "sc", "trace_id": "trace-1", "name": "thumb", "value": 1, "data_type": "BOOLEAN"}
    score |= {"timestamp": samples.langfuse_time(15), "source": "API"}
    events = values(tmp_path, score, observation, trace)
    assert {event["conversation_id"] for event in events} == {"s9"}
    assert [event.get("type", "turn") for event in events] == ["turn"] * 4 + ["feedback"]


# -- tools


def test_a_failed_tool_run_is_a_tool_turn_with_its_error(tmp_path: Path) -> None:
    tool = {
        "id": "x",
        "trace_id": "t1",
        "run_type": "tool",
        "name": "pay",
        "parent_run_id": "t1",
        "start_time": samples.langsmith_time(2),
        "end_time": samples.langsmith_time(2.5),
        "inputs": {"input": '{"sum": 3}'},
        "outputs": None,
        "error": "ConnectionError",
        "extra": {},
    }
    (called,) = [
        event["tool"] for event in values(tmp_path, run(1, [user("a")], "B"), tool) if "tool" in event
    ]
    assert called == {
        "name": "pay",
        "arguments": {"sum": 3},
        "result": "ConnectionError",
        "status": "error",
        "latency_ms": 500.0,
    }


def test_parallel_calls_get_their_own_answers_by_id_and_unanswered_ones_stay(tmp_path: Path) -> None:
    calls = [samples.call(name) for name in ("x", "y", "z")]
    messages = [
        user("a"),
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "y", "content": "two"},
        {"role": "tool", "tool_call_id": "x", "content": "one"},
    ]
    tools = [
        event["tool"] for event in values(tmp_path, {"id": "c", "messages": messages}) if "tool" in event
    ]
    assert [(tool["call_id"], tool.get("result")) for tool in tools] == [
        ("z", None),
        ("y", "two"),
        ("x", "one"),
    ]


def test_tools_in_anthropic_s_blocks_become_tool_turns(tmp_path: Path) -> None:
    messages = [
        user("a"),
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm"},
                {"type": "text", "text": "Let me see."},
                {"type": "tool_use", "id": "u1", "name": "get", "input": {"id": 1}},
            ],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "u1", "content": "gone", "is_error": True}],
        },
        bot("Sorry."),
    ]
    events = values(tmp_path, {"id": "c", "messages": messages})
    assert texts(events) == ["a", "Let me see.", "Sorry."]
    assert [event["tool"] for event in events if "tool" in event] == [
        {"name": "get", "call_id": "u1", "arguments": {"id": 1}, "result": "gone", "status": "error"}
    ]


def test_parts_that_are_no_text_are_named() -> None:
    parts = [
        {"type": "text", "text": "see"},
        {"type": "image_url", "image_url": {"url": "data:..."}},
        {"type": "x"},
    ]
    (message,) = messages_of([{"role": "user", "content": parts}])
    assert message.text == "see\n[image]"


def test_the_definition_of_a_tool_is_no_message() -> None:
    tool = {"role": "tool", "content": {"type": "function", "function": {"name": "f"}}}
    assert [message.text for message in messages_of([user("a"), tool])] == ["a"]


# -- feedback


@pytest.mark.parametrize(
    ("score", "feedback"),
    [
        ({"data_type": "BOOLEAN", "value": 0, "source": "API"}, {"score": -1.0}),
        ({"data_type": "NUMERIC", "value": 0.75, "comment": "ok"}, {"score": 0.5, "comment": "ok"}),
        ({"data_type": "NUMERIC", "value": -1}, {"score": -1.0}),
        ({"data_type": "NUMERIC", "value": 4}, None),
        ({"data_type": "NUMERIC", "value": 4, "comment": "meh"}, {"score": 0.0, "comment": "meh"}),
        ({"data_type": "CATEGORICAL", "value": 2, "string_value": "Thumbs Down"}, {"score": -1.0}),
        ({"data_type": "TEXT", "value": 0, "string_value": "why?"}, {"score": 0.0, "comment": "why?"}),
        ({"data_type": "NUMERIC", "value": 1, "source": "EVAL"}, None),
        ({"data_type": "NUMERIC", "value": None}, None),
    ],
)
def test_a_score_of_a_person_is_feedback(score: dict[str, Any], feedback: dict[str, Any] | None) -> None:
    assert feedback_of(score) == feedback


def test_statistics_of_feedback_are_feedback_unless_a_judge_gave_them() -> None:
    assert statistic({"n": 2, "avg": 1, "comments": ["a", "b"]}) == {"score": 1.0, "comment": "a\nb"}
    assert statistic({"n": 1, "avg": 1, "sources": [{"type": "auto_eval"}]}) is None
    assert statistic({"n": 0, "avg": None}) is None
    assert centred(float("nan")) is None


def test_feedback_names_the_turn_that_it_is_about(tmp_path: Path) -> None:
    stats = {"user_score": {"n": 1, "avg": 0, "comments": ["wrong"]}}
    first = run(1, [user("a")], "B", feedback_stats=stats)
    events = values(tmp_path, first, run(2, [user("a"), bot("B"), user("c")], "D"))
    (feedback,) = [event for event in events if event.get("type") == "feedback"]
    answer = next(event for event in events if event.get("text") == "B")
    assert feedback["feedback"] == {"score": -1.0, "comment": "wrong", "turn_id": answer["turn_id"]}


@pytest.mark.parametrize("read", [of_langfuse, of_langsmith])
def test_rows_of_any_shape_are_read_or_refused(read: Any) -> None:
    odd = (None, 0, "x", [], {}, [[]], [{}], {"messages": [{}]}, {"messages": [[{"role": "user"}]]}, [None])
    for value in odd:
        row = {"id": "a", "type": "TOOL", "run_type": "tool", "start_time": 1, "timestamp": 1}
        for kind in ("TOOL", "GENERATION", "SPAN"):
            fields = row | {"type": kind, "run_type": {"TOOL": "tool", "SPAN": "chain"}.get(kind, "llm")}
            names = ("input", "output", "inputs", "outputs", "extra", "metadata", "feedback_stats")
            with suppress(InvalidRow):
                assert isinstance(read(fields | dict.fromkeys(names, value)), list)

"""Files of conversations become conversation events, in order, each row accounted for."""

import gzip
import io
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from groundswell.models.dialogue import InvalidDialogue, agent_name, events_of
from groundswell.models.event import EARLIEST_MS, parse
from groundswell.models.moments import moment, spread
from groundswell.streams.import_rows import Report
from groundswell.streams.importing import (
    How,
    Imported,
    ImportProblem,
    count_events,
    read_events,
    with_ticks,
)
from groundswell.streams.replay_order import in_time_order

NOW = 1_800_000_000_000  # January 2027
T0 = 1_700_000_000  # epoch seconds


def turn(role: str, text: str = "", **fields: Any) -> dict[str, Any]:
    return {"role": role, "text": text, **fields}


def dialogue(identifier: str = "c1", *turns: dict[str, Any], **fields: Any) -> dict[str, Any]:
    said = list(turns) or [turn("user", "Where is my order?"), turn("assistant", "On its way.")]
    return {"conversation_id": identifier, "agent": "support", "outcome": None, "turns": said, **fields}


def write(path: Path, *rows: object) -> str:
    lines = [row if isinstance(row, bytes) else orjson.dumps(row) for row in rows]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return str(path)


def read(*paths: str, sort: bool = True, report: Report | None = None, **how: Any) -> list[Imported]:
    return list(read_events(paths, now_ms=NOW, how=How(**how), sort=sort, report=report))


def values(events: list[Imported]) -> list[dict[str, Any]]:
    return [orjson.loads(event.value) for event in events]


# -- the dialogue form


def test_a_call_and_its_answer_become_one_tool_event_where_the_answer_came() -> None:
    row = dialogue(
        "c1",
        turn("user", "Where is order 7?"),
        turn("assistant", "Let me look.", tool_name="get_order", tool_args={"id": 7}),
        turn("tool", "no such order", tool_name="get_order", error=True),
        turn("assistant", "I cannot find it."),
    )
    events = events_of(row, start=0)
    assert [(e["turn_id"], e.get("role"), e.get("text")) for e in events] == [
        ("t0", "user", "Where is order 7?"),
        ("t1", "assistant", "Let me look."),
        ("t2", "tool", None),
        ("t3", "assistant", "I cannot find it."),
        ("end", None, None),
    ]
    assert events[2]["tool"] == {
        "name": "get_order",
        "arguments": {"id": 7},
        "result": "no such order",
        "status": "error",
    }


def test_a_silent_call_leaves_no_assistant_turn() -> None:
    row = dialogue("c1", turn("assistant", tool_name="f", tool_args={}), turn("tool", "1", tool_name="f"))
    assert [event.get("role") for event in events_of(row, start=0)] == ["tool", None]


def test_parallel_calls_are_answered_by_name_and_the_oldest_first() -> None:
    calls = [
        turn("assistant", tool_name=name, tool_args=args) for name, args in (("f", 1), ("f", 2), ("g", 3))
    ]
    answers = [
        turn("tool", text, tool_name=name) for name, text in (("g", "three"), ("f", "one"), ("f", "two"))
    ]
    tools = [event["tool"] for event in events_of(dialogue("c1", *calls, *answers), start=0)[:-1]]
    assert [(tool["arguments"], tool["result"]) for tool in tools] == [(3, "three"), (1, "one"), (2, "two")]


def test_a_call_without_an_answer_and_an_answer_without_a_call_are_kept() -> None:
    row = dialogue(
        "c1", turn("tool", "x", tool_name="f"), turn("assistant", "Hm.", tool_name="g", tool_args=[1])
    )
    events = events_of(row, start=0)
    assert [event["turn_id"] for event in events] == ["t0", "t1", "t1.call", "end"]
    assert events[0]["tool"] == {"name": "f", "result": "x"}
    assert events[2]["tool"] == {"name": "g", "arguments": [1]}


@pytest.mark.parametrize(
    ("outcome", "status"), [("success", "completed"), ("failure", "failed"), ("churned",) * 2]
)
def test_an_outcome_is_told_a_second_after_the_last_turn(outcome: str, status: str) -> None:
    row = dialogue("c1", turn("user", "a", ts=T0), turn("user", "b", ts=T0 + 30), outcome=outcome)
    last = events_of(row, start=0)[-1]
    assert (last["type"], last["outcome"], last["time"]) == ("outcome", {"status": status}, (T0 + 31) * 1000)


def test_a_conversation_without_an_outcome_just_ends() -> None:
    last = events_of(dialogue(), start=0)[-1]
    assert last["type"] == "end"
    assert "outcome" not in last


def test_labels_and_hindsight_do_not_travel() -> None:
    secret = "SECRET"
    names = (
        *("intent", "weak_intent", "label", "reward", "termination", "user_task", "user_instruction"),
        *("reason_for_call", "expected_actions", "tasks", "domains", "user_says_task_done", "note"),
    )
    meta = dict.fromkeys(names, secret) | {"tasks": [secret], "long": secret * 50}
    row = dialogue("c1", turn("user", "hi", intent=secret, task=secret), meta=meta, outcome="success")
    assert secret.encode() not in orjson.dumps(events_of(row, start=0))


def test_what_was_in_effect_and_what_slices_traffic_travels_with_every_event() -> None:
    meta = {"model": "m1", "prompt_version": "v2", "plan": "pro", "paying": True, "age": 1.5, "nested": {}}
    for event in events_of(dialogue(meta=meta), start=0):
        assert (event["model"], event["prompt_version"]) == ("m1", "v2")
        assert event["slices"] == {"plan": "pro", "paying": True, "age": 1.5}


def test_the_task_stands_for_a_user_who_is_not_named() -> None:
    assert events_of(dialogue(meta={"task_id": 7}), start=0)[0]["user_id"] == "task-7"
    assert events_of(dialogue(meta={"task_id": 7, "user": "u1"}), start=0)[0]["user_id"] == "u1"
    assert "user_id" not in events_of(dialogue(), start=0)[0]


def test_names_are_made_fit_for_keys() -> None:
    assert agent_name("Tau2 Airline (v1)") == "tau2-airline-v1"
    assert agent_name("ÄÖÜ") == "default"
    assert len(agent_name("a" * 100)) == 64


def test_every_event_of_a_dialogue_is_valid_and_a_second_reading_gives_the_same_turns() -> None:
    row = dialogue("c" * 256, turn("system", "Be brief."), turn("user", ""), agent="Ä b", meta={"model": "m"})
    first, second = (
        [parse(orjson.dumps(event), timestamp=NOW) for event in events_of(row, start=T0 * 1000)] for _ in "12"
    )
    keys = [event.turn_key(time) for event, time in first]
    assert keys == [event.turn_key(time) for event, time in second]
    assert len(set(keys)) == 3


def test_missing_times_are_filled_from_their_neighbours() -> None:
    assert spread([None, None, 10, None, 20, None], start=0) == [8, 9, 10, 15, 20, 21]
    assert spread([None, None, None], start=1000) == [1000, 6000, 11000]


def test_an_empty_time_is_a_missing_one() -> None:
    assert moment(None) is None
    assert moment("") is None


def test_times_are_read_as_iso_text_seconds_or_milliseconds() -> None:
    expected = 1_589_286_356_000
    for written in (1589286356, 1589286356.0, expected, "2020-05-12T12:25:56", "2020-05-12T14:25:56+02:00"):
        assert moment(written) == expected


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"turns": [turn("user", "a")]}, "conversation_id"),
        (dialogue("c1", {"role": "robot", "text": ""}), r"turns\[0\]"),
        (dialogue("c1", turn("user", "a"), {"role": "user", "text": 7}), r"turns\[1\].text"),
        (dialogue("c1", turn("user", "a", ts="yesterday")), r"turns\[0\].ts"),
        (dialogue("c1", turn("user", "a", ts=float("inf"))), r"turns\[0\].ts"),
        ({"conversation_id": "c1", "turns": []}, "at least one turn"),
        ({"conversation_id": "c1", "turns": 7}, "must be a list"),
        (dialogue(outcome="great"), "outcome"),
        (dialogue(meta=[]) | {"meta": [1]}, "meta"),
    ],
)
def test_a_bad_dialogue_says_what_is_wrong_with_it(row: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidDialogue, match=complaint):
        events_of(row, start=0)


# -- files


def test_conversations_of_a_file_interleave_in_time_order(tmp_path: Path) -> None:
    a = dialogue("a", turn("user", "a0", ts=T0), turn("user", "a1", ts=T0 + 20))
    b = dialogue("b", turn("user", "b0", ts=T0 + 10), turn("user", "b1", ts=T0 + 20))
    events = values(read(write(tmp_path / "f.jsonl", b, a)))
    assert [event.get("text", event["conversation_id"]) for event in events] == [
        "a0",
        "b0",
        "b1",
        "a1",
        "b",
        "a",
    ]


def test_without_sorting_the_order_of_the_file_stands(tmp_path: Path) -> None:
    a, b = dialogue("a", turn("user", "a0", ts=T0)), dialogue("b", turn("user", "b0", ts=T0 - 50))
    events = values(read(write(tmp_path / "f.jsonl", a, b), sort=False))
    assert [event["conversation_id"] for event in events] == ["a", "a", "b", "b"]


def test_conversations_without_times_follow_each_other_across_files(tmp_path: Path) -> None:
    first = write(tmp_path / "1.jsonl", dialogue("a"), dialogue("b"))
    second = write(tmp_path / "2.jsonl", dialogue("c"))
    begun: dict[str, int] = {}
    for event in read(first, second):
        begun.setdefault(orjson.loads(event.value)["conversation_id"], event.timestamp - EARLIEST_MS)
    assert begun == {"a": 0, "b": 66_000, "c": 132_000}  # two turns 5 s apart, 1 s, 60 s


def test_the_clock_of_conversations_without_times_starts_where_it_is_told(tmp_path: Path) -> None:
    assert read(write(tmp_path / "f.jsonl", dialogue()), start_ms=T0 * 1000)[0].timestamp == T0 * 1000


def test_native_rows_keep_their_bytes_and_their_order(tmp_path: Path) -> None:
    rows = [
        b'{"conversation_id": "c1",  "role":"user", "text":"x", "time": %d}' % (T0 * 1000),
        b'{"conversation_id":"c1","role":"user","text":"before","time":%d}' % (T0 * 1000 - 5),
        b'{"nothing": 1}',
        b"[1]",
    ]
    events = read(write(tmp_path / "f.jsonl", *rows))
    assert [event.value for event in events] == rows
    assert [event.key for event in events] == [b"default/default/c1", b"default/default/c1", None, None]
    assert [event.line for event in events] == [1, 2, 3, 4]


def test_a_record_has_the_time_of_its_event_if_that_can_be_believed(tmp_path: Path) -> None:
    times = [T0 * 1000, None, NOW + 2 * 3_600_000, 5, "2023-11-14T22:14:00Z"]
    rows = [{"conversation_id": "c", "role": "user", "text": "x", "time": time} for time in times]
    stamps = [event.timestamp - T0 * 1000 for event in read(write(tmp_path / "f.jsonl", *rows))]
    assert stamps == [0, 1, 1, 1, 40_000]


def test_native_events_without_times_are_a_millisecond_apart_so_that_equal_turns_both_count(
    tmp_path: Path,
) -> None:
    row = {"conversation_id": "c", "role": "user", "text": "yes"}
    events = read(write(tmp_path / "f.jsonl", row, row))
    parsed = [parse(event.value, timestamp=event.timestamp) for event in events]
    assert len({event.turn_key(time) for event, time in parsed}) == 2


def test_several_native_files_are_merged_by_time_and_each_keeps_its_order(tmp_path: Path) -> None:
    def row(text: str, second: int) -> dict[str, Any]:
        return {"conversation_id": "c", "role": "user", "text": text, "time": (T0 + second) * 1000}

    a = write(tmp_path / "a.jsonl", row("a1", 1), row("a9", 9), row("a2", 2))
    b = write(tmp_path / "b.jsonl", row("b3", 3), row("b10", 10))
    assert [value["text"] for value in values(read(a, b))] == ["a1", "b3", "a9", "a2", "b10"]


def test_agent_and_tenant_can_be_given(tmp_path: Path) -> None:
    native = {"conversation_id": "n", "role": "user", "text": "x"}
    enveloped = {"specversion": "1.0", "data": native | {"conversation_id": "e"}}
    events = read(
        write(tmp_path / "f.jsonl", native, enveloped, dialogue("d")), agent="My Bot", tenant="acme"
    )
    assert {event.key for event in events} == {b"acme/my-bot/n", b"acme/my-bot/e", b"acme/my-bot/d"}
    assert {parse(e.value, timestamp=e.timestamp)[0].key.encode() for e in events} == {e.key for e in events}


def test_bad_rows_are_reported_with_their_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    bad = orjson.dumps({"conversation_id": "x", "turns": [{"role": "?"}]})
    problems: list[ImportProblem] = []
    path = write(tmp_path / "f.jsonl", b"{not json", b"", dialogue("a"), bad, b'{"a":"\xff"}', dialogue("b"))
    events = read(path, report=problems.append)
    assert [(problem.path, problem.line) for problem in problems] == [(path, 1), (path, 4), (path, 5)]
    assert str(problems[1]).startswith(f"{path}:4: turns[0]: ")
    good = [orjson.loads(event.value)["conversation_id"] for event in events if event.key is not None]
    assert good == ["a"] * 3 + ["b"] * 3
    # The rows themselves go on as they are: the dead letters are to have them.
    assert sorted(event.value for event in events if event.key is None) == [
        b'{"a":"\xff"}',
        bad,
        b"{not json",
    ]


def test_a_row_larger_than_a_message_is_reported_and_left_out(tmp_path: Path) -> None:
    problems: list[ImportProblem] = []
    large = {"conversation_id": "c", "role": "user", "text": "x" * 9_000_000}
    fits = {"conversation_id": "c", "role": "user", "text": "x" * 5_000_000}
    events = read(write(tmp_path / "f.jsonl", large, fits), report=problems.append)
    assert [len(event.value) > 5_000_000 for event in events] == [True]
    assert [problem.line for problem in problems] == [1]


def test_gzip_is_known_by_its_content_and_gives_the_same_events(tmp_path: Path) -> None:
    plain = write(tmp_path / "f.jsonl", dialogue("a"), dialogue("b"))
    packed = tmp_path / "f.txt"
    packed.write_bytes(gzip.compress(Path(plain).read_bytes()))
    assert [event.value for event in read(str(packed))] == [event.value for event in read(plain)]


def test_a_broken_gzip_file_gives_what_can_be_read_and_says_where_it_breaks(tmp_path: Path) -> None:
    problems: list[ImportProblem] = []
    rows = [orjson.dumps(dialogue(f"c{number}")) for number in range(2000)]
    packed = gzip.compress(b"\n".join(rows))
    path = tmp_path / "f.jsonl.gz"
    path.write_bytes(packed[: len(packed) // 2])
    events = read(str(path), report=problems.append)
    assert 0 < len(events) < 6000
    assert [problem.line for problem in problems] == [len({event.line for event in events}) + 1]


def test_a_dash_is_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "f.jsonl", dialogue("a"))
    piped = io.BufferedReader(io.BytesIO(gzip.compress(Path(path).read_bytes())))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(piped))
    assert [event.value for event in read("-")] == [event.value for event in read(path)]
    assert count_events(["-"]) is None


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_a_row(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"conversation_id":"c","role":"user","text":"x"}\r\n\r\n')
    assert [event.value for event in read(str(path))] == [b'{"conversation_id":"c","role":"user","text":"x"}']


def test_events_are_counted_beforehand(tmp_path: Path) -> None:
    path = write(tmp_path / "f.jsonl", dialogue("a"), b"bad", dialogue("b"))
    assert count_events([path, path]) == len(read(path, path)) == 14


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(str(tmp_path / "none.jsonl"))


# -- order and ticks


def at(*seconds: float) -> list[Imported]:
    return [Imported(b"{}", b"k", round(second * 1000), 1, "f") for second in seconds]


@pytest.mark.parametrize("run_bytes", [0, 10, 1 << 20])
def test_sorting_on_disk_gives_the_same_order_as_in_memory(run_bytes: int) -> None:
    events = [Imported(b"v%d" % n, b"k" if n % 3 else None, -n % 7, n, "päth", n % 2 > 0) for n in range(50)]
    keyed = [((event.timestamp, 0, number), event) for number, event in enumerate(events)]
    assert list(in_time_order(keyed, run_bytes)) == sorted(keyed, key=lambda one: one[0])


def minutes(events: list[Imported]) -> list[float]:
    return [event.timestamp / 60_000 for event in events if not event.path]


def test_a_tick_stands_on_each_minute_between_two_events() -> None:
    ticked = list(with_ticks(at(10, 50, 70, 185)))
    assert [event.timestamp for event in ticked[:7]] == [
        10_000,
        50_000,
        60_000,
        70_000,
        120_000,
        180_000,
        185_000,
    ]
    assert orjson.loads(ticked[2].value) == {"type": "tick", "time": 60_000}


def test_ticks_thin_out_in_a_long_silence_and_one_comes_right_before_the_next_event() -> None:
    between = minutes(list(with_ticks(at(0, 86_400 + 30)))[:-18])
    assert between == [*range(1, 11), 15, 20, 30, 45, 60, 75, 90, 120, 1440]


def test_ticks_go_on_after_the_last_event() -> None:
    assert minutes(list(with_ticks(at(0)))) == [*range(1, 11), 15, 20, 30, 45, 60, 75, 90, 120]


def test_time_never_ticks_backwards_where_events_come_late() -> None:
    ticks = minutes(list(with_ticks(at(0, 300, 60, 301))))
    assert ticks == sorted(set(ticks))


def test_nothing_gives_no_ticks() -> None:
    assert list(with_ticks([])) == []


def test_ticks_are_valid_events() -> None:
    for event in with_ticks(at(T0)):
        if not event.path:
            assert parse(event.value, timestamp=event.timestamp)[0].type == "tick"

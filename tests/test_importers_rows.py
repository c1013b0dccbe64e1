"""Bad rows are reported with their file and line, and stop nothing; an unknown format is said so."""

from pathlib import Path
from typing import Any

import import_samples as samples
import orjson
import pytest

from groundswell.models.event import InvalidEvent, parse
from groundswell.models.importing.detection import UnknownFormat, format_of
from groundswell.models.importing.table import UnknownColumns
from groundswell.streams.importing import How, Imported, ImportProblem, read_events

NOW = 1_800_000_000_000
DEEP = b"[" * 2000 + b"]" * 2000


def read(path: Path, **how: Any) -> tuple[list[Imported], list[ImportProblem]]:
    problems: list[ImportProblem] = []
    events = list(read_events([str(path)], now_ms=NOW, how=How(**how), report=problems.append))
    return events, problems


def turn(event: Imported) -> str:
    return str(orjson.loads(event.value)["turn_id"])


def chat(identifier: str, *messages: Any) -> dict[str, Any]:
    return {"conversation_id": identifier, "messages": list(messages)}


GOOD_CHAT = chat("c", {"role": "user", "content": "hello"})
GOOD_RUN = samples.llm_run(1, 2)
GOOD_OBSERVATION = samples.generation(1, 2)

#: Rows that cannot be read as what their file is, by format.
BAD: dict[str, list[bytes]] = {
    "openai": [
        b'{"messages": []}',
        b'{"messages": "hello"}',
        b'{"messages": [{"role": "wizardry", "content": "x"}]}',
        b'{"messages": [{"role": "user", "content": 7}]}',
        b'{"messages": ["hello"]}',
        b'{"messages": [{"role": "user", "content": "x", "time": "yesterday"}]}',
        b'{"messages": [{"role": "assistant", "tool_calls": "f"}]}',
        b'{"messages": [{"role": "assistant", "tool_calls": [{"function": {}}]}]}',
        b'{"messages": [{"role": "assistant", "tool_calls": [7]}]}',
        b'{"created": "soon", "messages": [{"role": "user", "content": "x"}]}',
        b"[]",
        b"null",
        b"17",
        b'"text"',
        b'{"messages": [{"role": "user", "content": "x"',
        b"\xff\xfe\x00",
        DEEP,
    ],
    "langsmith": [
        b'{"run_type": "llm"}',
        b'{"run_type": "llm", "id": 7, "start_time": "2024-01-01T00:00:00"}',
        b'{"run_type": "llm", "id": "a"}',
        b'{"run_type": "llm", "id": "a", "start_time": "noon"}',
        b'{"run_type": "llm", "id": "a", "start_time": {"at": 1}}',
        b"[1]",
        b"{",
        DEEP,
    ],
    "langfuse": [
        b'{"type": "GENERATION", "start_time": "2024-01-01 00:00:00"}',
        b'{"type": "GENERATION", "id": "a", "start_time": ""}',
        b'{"type": "GENERATION", "id": "a", "start_time": "now"}',
        b'{"id": "t", "timestamp": "never", "input": "x"}',
        b'{"unknown": 1}',
        b'{"name": "thumb", "value": 1, "trace_id": "t", "timestamp": []}',
        b"[]",
        b"not json",
    ],
}
GOOD = {"openai": GOOD_CHAT, "langsmith": GOOD_RUN, "langfuse": GOOD_OBSERVATION}

each_format = pytest.mark.parametrize("form", BAD)


@each_format
def test_each_bad_row_is_reported_with_its_line_and_the_good_ones_are_read(form: str, tmp_path: Path) -> None:
    good = orjson.dumps(GOOD[form])
    path = tmp_path / "export.jsonl"
    path.write_bytes(b"\n".join([good, b"", *BAD[form], b"  ", good]))
    alone, none = read(_written(tmp_path, good))
    events, problems = read(path, strict=True)
    assert none == []
    assert {turn(event) for event in events} == {turn(event) for event in alone}
    assert [problem.line for problem in problems] == list(range(3, 3 + len(BAD[form])))
    assert all(problem.path == str(path) and len(problem.detail) < 400 for problem in problems)


@each_format
def test_a_bad_row_of_a_run_becomes_a_dead_letter(form: str, tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    path.write_bytes(b"\n".join([orjson.dumps(GOOD[form]), *BAD[form]]))
    dead = [event for event in read(path)[0] if event.key is None]
    assert sorted(event.value for event in dead) == sorted(BAD[form])
    for event in dead:
        with pytest.raises(InvalidEvent):
            parse(event.value, timestamp=event.timestamp)


def _written(folder: Path, *rows: bytes, name: str = "rows.jsonl") -> Path:
    path = folder / name
    path.write_bytes(b"\n".join(rows))
    return path


def test_a_strict_import_leaves_out_and_reports_what_would_become_a_dead_letter(tmp_path: Path) -> None:
    rows = [
        b'{"conversation_id": "c", "role": "user", "text": "hello"}',
        b'{"conversation_id": "c", "role": "nobody", "text": "hello"}',
        b'{"type": "tick", "time": 1700000000000}',
        b'{"conversation_id": "c", "role": "user", "text": "x", "time": "1969-01-01T00:00:00Z"}',
        b"nonsense",
    ]
    events, problems = read(_written(tmp_path, *rows), strict=True)
    assert [orjson.loads(event.value)["text"] for event in events] == ["hello"]
    assert [problem.line for problem in problems] == [2, 4, 5]


def test_a_strict_import_writes_a_time_into_an_event_that_has_none(tmp_path: Path) -> None:
    row = b'{"conversation_id": "c", "role": "user", "text": "hello"}'
    events, _ = read(_written(tmp_path, row, row), strict=True)
    assert [orjson.loads(event.value)["time"] for event in events] == [event.timestamp for event in events]
    assert len({event.value for event in events}) == 2


# -- tables


def table(folder: Path, text: str, **how: Any) -> tuple[list[dict[str, Any]], list[ImportProblem]]:
    path = folder / "t.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    events, problems = read(path, strict=True, **how)
    return [orjson.loads(event.value) for event in events], problems


def test_bad_rows_of_a_table_are_reported_with_the_line_on_which_they_begin(tmp_path: Path) -> None:
    text = (
        "chat,sender,message,time\n"
        "c1,customer,first,2024-01-01T00:00:00Z\n"
        'c1,bot,"two\nlines",2024-01-01T00:00:01Z\n'
        ",customer,no chat,\n"
        "c1,martian,who?,\n"
        "c1,customer,when?,tomorrow\n"
        "c1\n"
        "\n"
        "c1,customer,\udcff,\n"
        "c1,customer,last,2024-01-01T00:00:09Z,more,cells\n"
    )
    events, problems = table(tmp_path, text)
    assert [event["text"] for event in events] == ["first", "two\nlines", "last"]
    assert [problem.line for problem in problems] == [5, 6, 7, 8, 10]


def test_a_quote_that_is_never_closed_costs_its_row_only_if_the_cell_grows_too_large(tmp_path: Path) -> None:
    text = 'chat,sender,message\nc1,user,fine\nc1,user,"never closed\n' + "c1,user,x\n" * 10
    events, problems = table(tmp_path, text)
    assert events[0]["text"] == "fine"
    assert len(events) + len(problems) == 2


def test_columns_are_mapped_and_become_slices(tmp_path: Path) -> None:
    text = "a;b;c;d\nc1;Kunde;Hallo;trial\nc1;human;Hello;trial\n"
    mapping = {"conversation_id": "a", "role": "b", "text": "c", "slices.plan": "d"}
    events, problems = table(tmp_path, text, columns=mapping)
    assert [(event["text"], event["slices"]) for event in events] == [("Hello", {"plan": "trial"})]
    assert "Kunde" in problems[0].detail


def test_without_times_the_rows_of_a_table_are_seconds_apart_in_their_order(tmp_path: Path) -> None:
    text = "chat,sender,message\nc1,user,yes\nc2,user,yes\nc1,user,yes\n"
    events, _ = table(tmp_path, text, start_ms=samples.T0)
    assert [(event["conversation_id"], parse(orjson.dumps(event), timestamp=NOW)[1]) for event in events] == [
        ("c1", samples.T0),
        ("c2", samples.T0 + 5000),
        ("c1", samples.T0 + 10_000),
    ]


def test_outcomes_and_feedback_stand_in_rows_without_a_role(tmp_path: Path) -> None:
    text = (
        "conversation_id,role,text,score,comment,edited_reply,outcome\n"
        "c1,user,help,,,,\nc1,,,0,not helpful,better so,\nc1,,,,,,completed\nc1,,,9,,,\nc1,,,good,,,\n"
    )
    events, problems = table(tmp_path, text)
    assert events[1]["feedback"] == {"score": -1.0, "comment": "not helpful", "edited_reply": "better so"}
    assert events[2]["outcome"] == {"status": "completed"}
    assert [problem.line for problem in problems] == [5, 6]


def test_a_table_whose_columns_say_nothing_asks_for_a_mapping_and_names_them(tmp_path: Path) -> None:
    with pytest.raises(UnknownColumns, match=r"a, b, c.*--map conversation_id=COLUMN.*--map text=COLUMN"):
        table(tmp_path, "a,b,c\n1,2,3\n")
    with pytest.raises(UnknownColumns, match="no column is called nothing; there are chat, sender, message"):
        table(tmp_path, "chat,sender,message\n", columns={"text": "nothing"})


# -- which format


@pytest.mark.parametrize("name", samples.FILES)
def test_the_first_rows_say_the_format_whatever_the_file_is_called(name: str) -> None:
    content = samples.FILES[name]()
    want = name.partition(".")[0].partition("_")[0].replace("table", "csv")
    assert format_of(content.splitlines()[:5], "-") == want


def test_broken_first_rows_do_not_hide_the_format() -> None:
    assert format_of([b"{", b'{"x": 1}', orjson.dumps(GOOD_CHAT)], "-") == "openai"


@pytest.mark.parametrize(
    ("lines", "seen"),
    [
        ([b'{"foo": 1, "bar": 2}'], "objects with the keys foo, bar"),
        ([b"[", b'  {"messages": []},', b"]"], "one JSON document over many lines"),
        ([b"[1, 2]"], "rows are lists"),
        ([b"\x00\x01 binary"], "are no JSON"),
    ],
)
def test_an_unknown_format_says_what_was_seen_and_what_to_do(lines: list[bytes], seen: str) -> None:
    with pytest.raises(UnknownFormat, match=r"--format native\|dialogue") as raised:
        format_of(lines, "export.jsonl")
    assert seen in str(raised.value)
    assert "export.jsonl" in str(raised.value)


def test_an_empty_file_gives_nothing(tmp_path: Path) -> None:
    assert read(_written(tmp_path)) == ([], [])
    assert read(_written(tmp_path, name="t.csv")) == ([], [])

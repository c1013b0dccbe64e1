"""One conversation gives the same turns, whichever system exported it."""

import gzip
from pathlib import Path
from typing import Any

import import_samples as samples
import orjson
import pytest

from groundswell.models.event import parse
from groundswell.streams.importing import How, Imported, ImportProblem, Reading, read_events

NOW = 1_800_000_000_000

every_format = pytest.mark.parametrize("name", samples.FILES)


def read(path: Path, **how: Any) -> list[Imported]:
    problems: list[ImportProblem] = []
    events = list(read_events([str(path)], now_ms=NOW, how=How(**how), report=problems.append))
    assert problems == []
    return events


def written(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(samples.FILES[name]())
    return path


def values(events: list[Imported]) -> list[dict[str, Any]]:
    return [orjson.loads(event.value) for event in events]


def turns(events: list[Imported]) -> list[tuple[Any, ...]]:
    """What was said, in order; the event that ends a dialogue is no turn."""
    said = [value for value in values(events) if value.get("type", "turn") == "turn"]
    return [(value["role"], value.get("text"), _tool(value.get("tool"))) for value in said]


def _tool(tool: dict[str, Any] | None) -> tuple[Any, ...] | None:
    return None if tool is None else (tool["name"], tool["arguments"], tool["result"])


@every_format
def test_each_format_gives_the_same_turns_in_the_same_order(name: str, tmp_path: Path) -> None:
    events = read(written(tmp_path, name))
    assert turns(events) == samples.TURNS


@every_format
def test_every_event_is_valid_and_a_second_reading_gives_the_same_turns(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, name)
    keys = []
    for _ in "12":
        parsed = [parse(event.value, timestamp=event.timestamp) for event in read(path, strict=True)]
        keys.append([event.turn_key(time) for event, time in parsed])
    assert keys[0] == keys[1]
    assert len(set(keys[0])) == len(keys[0])


@every_format
def test_a_packed_file_gives_the_same_events(name: str, tmp_path: Path) -> None:
    plain = written(tmp_path, name)
    packed = tmp_path / f"{name}.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert [event.value for event in read(packed)] == [event.value for event in read(plain)]


@every_format
def test_every_record_has_the_key_of_the_conversation_and_the_names_that_were_given(
    name: str, tmp_path: Path
) -> None:
    events = read(written(tmp_path, name), agent="Shop Bot", tenant="acme")
    chat = values(events)[0]["conversation_id"]
    assert chat == samples.CONVERSATION or name == "openai_array.jsonl"
    assert {event.key for event in events} == {f"acme/shop-bot/{chat}".encode()}
    assert {(value["tenant"], value["agent"]) for value in values(events)} == {("acme", "shop-bot")}


@every_format
def test_times_never_run_backwards_in_a_thread(name: str, tmp_path: Path) -> None:
    events = read(written(tmp_path, name))
    places = [(value["time"], value.get("seq", 0)) for value in values(events)]
    assert places == sorted(places)


@pytest.mark.parametrize("name", ["langfuse.jsonl", "langsmith.jsonl"])
def test_traces_in_any_order_and_in_several_files_give_the_same_thread(name: str, tmp_path: Path) -> None:
    rows = samples.FILES[name]().splitlines()
    want = [event.value for event in read(written(tmp_path, name))]
    for turned in (rows[::-1], rows[2:] + rows[:2]):
        files = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
        files[0].write_bytes(b"\n".join(turned[:3]))
        files[1].write_bytes(b"\n".join(turned[3:]))
        got = list(read_events([str(file) for file in files], now_ms=NOW))
        assert [event.value for event in got] == want


def test_what_was_in_effect_travels_with_the_turns_of_a_trace(tmp_path: Path) -> None:
    of_langfuse = values(read(written(tmp_path, "langfuse.jsonl")))[-1]
    assert of_langfuse["model"] == "gpt-4o"
    assert of_langfuse["prompt_version"] == "support:3"
    assert of_langfuse["user_id"] == "u1"
    assert of_langfuse["slices"] == {"environment": "production"}
    of_langsmith = values(read(written(tmp_path, "langsmith.jsonl")))[-1]
    assert of_langsmith["model"] == "gpt-4o"
    assert of_langsmith["slices"] == {"plan": "trial"}


@pytest.mark.parametrize("name", ["langfuse.jsonl", "langsmith.jsonl"])
def test_a_tool_s_own_row_tells_how_long_it_took(name: str, tmp_path: Path) -> None:
    tools = [value["tool"] for value in values(read(written(tmp_path, name))) if "tool" in value]
    assert [tool["latency_ms"] for tool in tools] == [250.0]


def test_a_reading_says_which_format_each_file_had_and_how_many_rows(tmp_path: Path) -> None:
    paths = [written(tmp_path, name) for name in ("langfuse.jsonl", "table.csv")]
    reading = Reading([str(path) for path in paths], now_ms=NOW)
    assert len(list(reading.events())) == 14
    assert list(reading.formats.values()) == ["langfuse", "csv"]
    assert reading.records.rows == 6 + 7

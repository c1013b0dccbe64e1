"""The conversations that the repository ships: small, valid, in order, and without their labels."""

import gzip
import importlib.util
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from groundswell.models.event import ConversationEvent, parse
from groundswell.models.proposals.harness import with_retries
from groundswell.streams.importing import Imported, ImportProblem, count_events, read_events, with_ticks
from groundswell.streams.settings_file import AgentPaths

EXAMPLES = Path(__file__).parents[1] / "examples"
FILES = {"star_week": 13_828, "tau2_airline": 5_232, "tau_retail_grok3": 3_698}
PATHS = [str(EXAMPLES / f"{name}.jsonl.gz") for name in FILES]
NOW = 1_800_000_000_000

Parsed = list[tuple[Imported, ConversationEvent, int]]


def rows(name: str) -> list[dict[str, Any]]:
    with gzip.open(EXAMPLES / f"{name}.jsonl.gz") as file:
        return [orjson.loads(line) for line in file]


@pytest.fixture(scope="module")
def events() -> dict[str, Parsed]:
    """All events by file, parsed as the pipeline does; one that is not accepted raises."""
    return {
        name: [
            (record, *parse(record.value, timestamp=record.timestamp))
            for record in read_events([path], now_ms=NOW)
        ]
        for name, path in zip(FILES, PATHS, strict=True)
    }


def test_the_examples_are_at_most_five_megabytes() -> None:
    assert sum(path.stat().st_size for path in EXAMPLES.rglob("*") if path.is_file()) <= 5_000_000


def test_every_event_is_accepted_at_its_own_time(events: dict[str, Parsed]) -> None:
    assert {name: len(parsed) for name, parsed in events.items()} == FILES
    assert count_events(PATHS) == sum(FILES.values())
    assert all(record.timestamp == time for parsed in events.values() for record, _, time in parsed)


def test_no_row_is_refused() -> None:
    problems: list[ImportProblem] = []
    assert sum(1 for _ in read_events(PATHS, now_ms=NOW, report=problems.append)) == sum(FILES.values())
    assert problems == []


def test_every_event_is_keyed_by_its_conversation_and_no_turn_comes_twice(events: dict[str, Parsed]) -> None:
    for parsed in events.values():
        assert all(record.key == event.key.encode() for record, event, _ in parsed)
        assert len({event.turn_key(time) for _, event, time in parsed}) == len(parsed)


def test_events_come_in_time_order_and_two_replays_are_equal() -> None:
    first, second = (list(with_ticks(read_events(PATHS, now_ms=NOW))) for _ in "12")
    assert first == second
    times = [record.timestamp for record in first]
    assert times == sorted(times)


def test_no_label_is_shipped() -> None:
    meta = {name for file in FILES for row in rows(file) for name in row["meta"]}
    fields = {name for file in FILES for row in rows(file) for turn in row["turns"] for name in turn}
    assert meta == {"model", "task_id", "trial", "termination", "happy"}
    assert fields == {"role", "text", "ts", "tool_name", "tool_args", "error"}


def test_slices_tell_nothing_of_the_outcome(events: dict[str, Parsed]) -> None:
    names = {name for parsed in events.values() for _, event, _ in parsed for name in event.slices}
    assert names == {"task_id", "trial", "happy"}


def test_each_file_is_one_agent_with_the_outcomes_of_its_source(events: dict[str, Parsed]) -> None:
    agents = {name: {event.agent for _, event, _ in parsed} for name, parsed in events.items()}
    assert agents == {
        "star_week": {"star"},
        "tau2_airline": {"tau2-airline"},
        "tau_retail_grok3": {"tau-retail"},
    }
    retail = Counter(
        event.outcome.status for _, event, _ in events["tau_retail_grok3"] if event.outcome is not None
    )
    assert retail == {"completed": 78, "failed": 37}


def test_the_outage_of_the_retail_tools_is_in_the_data(events: dict[str, Parsed]) -> None:
    unavailable = [
        event.conversation_id
        for _, event, _ in events["tau_retail_grok3"]
        if event.tool is not None and event.tool.status == "error" and "503" in event.tool.result_text()
    ]
    assert (len(unavailable), len(set(unavailable))) == (123, 67)


def test_every_tool_event_has_what_was_asked_and_what_was_answered(events: dict[str, Parsed]) -> None:
    tools = [event.tool for parsed in events.values() for _, event, _ in parsed if event.tool is not None]
    assert all(tool.arguments is not None and tool.result is not None for tool in tools)


def test_each_agent_s_files_exist_and_agents_are_those_of_the_data() -> None:
    agents = yaml.safe_load((EXAMPLES / "groundswell.yaml").read_text("utf-8"))["agents"]
    assert set(agents) == {"tau2-airline", "tau-retail"}
    for settings in agents.values():
        files = AgentPaths.model_validate(settings)
        for path in (files.prompt, files.harness, files.config):
            assert path is None or (EXAMPLES / path).is_file()


def test_the_harness_file_names_every_tool_that_is_called_and_can_be_edited() -> None:
    text = (EXAMPLES / "tau_retail_grok3.harness.yaml").read_text("utf-8")
    tools = yaml.safe_load(text)["tools"]
    called = {
        turn["tool_name"] for row in rows("tau_retail_grok3") for turn in row["turns"] if "tool_name" in turn
    }
    assert set(tools) == called
    assert with_retries(text, "get_order_details").count("retries: 3") == 1


def test_every_data_file_has_its_licence() -> None:
    licences = (EXAMPLES / "LICENSES.md").read_text("utf-8")
    for path in [*EXAMPLES.glob("*.jsonl.gz"), *EXAMPLES.glob("*.prompt.md")]:
        assert f"`{path.name}`" in licences
    assert "Permission is hereby granted" in licences


def test_files_are_cut_reproducibly(tmp_path: Path) -> None:
    # Converted again from themselves, the shipped rows stay as they are; packed twice, so do the bytes.
    spec = importlib.util.spec_from_file_location("convert", EXAMPLES / "convert.py")
    assert spec is not None
    assert spec.loader is not None
    convert = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(convert)
    retail = rows("tau_retail_grok3")
    for name in ("once", "twice"):
        convert.write(tmp_path / name, (convert.trimmed(row, convert.TAU_META) for row in retail))
    assert (tmp_path / "once").read_bytes() == (tmp_path / "twice").read_bytes()
    assert list(convert.rows(tmp_path / "once")) == retail
    assert convert.harness(retail) == (EXAMPLES / "tau_retail_grok3.harness.yaml").read_text("utf-8")

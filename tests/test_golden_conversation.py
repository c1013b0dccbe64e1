"""One conversation gives the same turns, whichever way it came: sent plainly, by OTLP, or imported."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import import_samples as samples
import orjson
import otlp_dialects as otlp
import pytest

from groundswell.models.capture.identity import Options
from groundswell.models.capture.mapping import capture
from groundswell.models.capture.native import events_of
from groundswell.streams.importing import How, ImportProblem, read_events

NOW = 1_800_000_000_000
MESSAGES = [{**one, "content": samples.ASK} if one["role"] == "user" else one for one in samples.MESSAGES[:2]]
MESSAGES += samples.MESSAGES[2:]


def turns(payloads: Iterable[bytes]) -> list[tuple[Any, ...]]:
    """What was said, in order; the event that ends a dialogue is no turn."""
    values = [orjson.loads(payload) for payload in payloads]
    said = [value for value in values if value.get("type", "turn") == "turn"]
    assert {value["conversation_id"] for value in said} == {samples.CONVERSATION}
    return [(value["role"], value.get("text"), _tool(value.get("tool"))) for value in said]


def _tool(tool: dict[str, Any] | None) -> tuple[Any, ...] | None:
    return None if tool is None else (tool["name"], tool["arguments"], tool["result"])


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The conversation of the importers, for the dialects."""
    known = [(1, MESSAGES[:2], MESSAGES[2]), (1, MESSAGES[:4], MESSAGES[4]), (2, MESSAGES[:6], MESSAGES[6])]
    for name, value in {
        "CALLS": known,
        "CALL_ID": MESSAGES[3]["tool_call_id"],
        "FUNCTION": "get_order",
        "SYSTEM": samples.SYSTEM,
        "ARGUMENTS": samples.ARGUMENTS,
        "RESULT": samples.RESULT,
    }.items():
        monkeypatch.setattr(otlp, name, value)


def test_sent_plainly() -> None:
    rows = b"".join(orjson.dumps(row) + b"\n" for row in samples.native())
    assert turns(one.value for one in events_of(rows, NOW, len(rows)).events) == samples.TURNS


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("encoded", [otlp.as_json, otlp.as_protobuf])
@pytest.mark.parametrize("dialect", otlp.DIALECTS.values(), ids=list(otlp.DIALECTS))
def test_by_otlp(dialect: Any, encoded: Any) -> None:
    request = dialect(samples.CONVERSATION)
    found = capture(encoded(request), otlp.signal(request), Options(), now_ms=NOW)
    assert turns(one.value for one in found.events) == samples.TURNS


@pytest.mark.parametrize("name", samples.FILES)
def test_imported(name: str, tmp_path: Path) -> None:
    path, problems = tmp_path / name, list[ImportProblem]()
    path.write_bytes(samples.FILES[name]())
    found = [one.value for one in read_events([str(path)], now_ms=NOW, how=How(), report=problems.append)]
    values = [orjson.loads(value) for value in found]
    if name == "openai_array.jsonl":  # an array of messages alone names no conversation
        found = [orjson.dumps(value | {"conversation_id": samples.CONVERSATION}) for value in values]
    assert not problems
    assert turns(found) == samples.TURNS

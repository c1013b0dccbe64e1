"""The examples in docs/importing.md are what they say: each is recognised and read."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from markdown_it import MarkdownIt

from groundswell.models.importing.detection import FORMATS
from groundswell.models.importing.table import FIELDS
from groundswell.streams.cli_data import how_to_read
from groundswell.streams.importing import ImportProblem, Reading

DOCUMENT = Path(__file__).parents[1] / "docs" / "importing.md"
TEXT = DOCUMENT.read_text("utf-8")
HEADINGS = {
    "Native events": "native",
    "Dialogues": "dialogue",
    "OpenAI chat messages": "openai",
    "Langfuse": "langfuse",
    "LangSmith": "langsmith",
    "CSV and TSV": "csv",
}


def example(heading: str) -> str:
    """The first example of rows below a heading."""
    section = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    tokens = MarkdownIt("commonmark").parse(section)
    return next(token.content for token in tokens if token.type == "fence" and token.info in ("json", "csv"))


@pytest.mark.parametrize(("heading", "form"), HEADINGS.items())
def test_the_example_of_each_format_is_recognised_and_read_whole(
    heading: str, form: str, tmp_path: Path
) -> None:
    path = tmp_path / "rows"
    path.write_text(example(heading), "utf-8")
    maps = re.findall(r"--map (\S+plan=plan)", TEXT) if form == "csv" else []
    problems: list[ImportProblem] = []
    how = how_to_read(None, None, "auto", maps, None)
    reading = Reading([str(path)], now_ms=1_800_000_000_000, how=how, report=problems.append)
    events: list[dict[str, Any]] = [orjson.loads(event.value) for event in reading.events()]
    assert problems == []
    assert reading.formats == {str(path): form}
    assert events[0]["text" if form != "openai" else "role"] in ("Where is my order 1042?", "system")
    assert any(event.get("text") == "It is on its way." for event in events) or form == "native"
    feedback = [event["feedback"]["comment"] for event in events if event.get("type") == "feedback"]
    assert feedback == (["It never came."] if form in ("langfuse", "langsmith") else [])


def test_every_format_has_an_example_and_every_field_of_a_table_is_named() -> None:
    assert set(HEADINGS.values()) == set(FORMATS)
    assert [field for field in FIELDS if f"`{field}`" not in TEXT] == []

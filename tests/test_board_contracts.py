"""The board reads JSON of any shape; here, that the shape it looks for is the one that the stages write."""

from typing import Any

import orjson
import pytest
from pydantic import BaseModel

from groundswell.models.board import BoardState
from groundswell.models.board_rows import proposal_row, spike_row, withheld_row
from groundswell.models.board_view import TALLIED
from groundswell.models.change import ChangeProposed, ChangeWithheld
from groundswell.models.intent_event import IntentEvent
from groundswell.models.minute import Count, IntentMinute
from groundswell.models.position import Source
from groundswell.models.spike import Spike


class Recorder(dict[str, Any]):
    """An object of unknown content that remembers, by path, what was asked of it."""

    def __init__(self, path: str, asked: set[str]) -> None:
        super().__init__()
        self.path, self.asked = path, asked

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(f"{self.path}{key}")
        inner = Recorder(f"{self.path}{key}.", self.asked)
        return [inner] if key in ("items", "release_markers") else inner


def paths(schema: dict[str, Any], part: dict[str, Any], prefix: str = "") -> set[str]:
    """Every path of a JSON Schema; an array's items are reached under the array's own name."""
    if "$ref" in part:
        part = schema["$defs"][part["$ref"].rsplit("/", 1)[1]]
    found: set[str] = set()
    for choice in part.get("anyOf", []):
        found |= paths(schema, choice, prefix)
    if "items" in part:
        found |= paths(schema, part["items"], prefix)
    for name, inner in part.get("properties", {}).items():
        found.add(f"{prefix}{name}")
        found |= paths(schema, inner, f"{prefix}{name}.")
    return found


@pytest.mark.parametrize(
    ("row", "model"),
    [(spike_row, Spike), (proposal_row, ChangeProposed), (withheld_row, ChangeWithheld)],
    ids=["spike", "proposed", "withheld"],
)
def test_every_field_that_a_row_asks_for_is_in_the_contract(row: Any, model: type[BaseModel]) -> None:
    asked: set[str] = set()
    row(Recorder("", asked))
    schema = model.model_json_schema(mode="serialization")
    known = paths(schema, schema)
    assert len(asked) > 8
    assert asked <= known, asked - known


def test_everything_that_is_tallied_is_a_count_of_a_minute() -> None:
    assert set(TALLIED) <= set(Count.model_fields)


def test_minutes_and_intent_events_as_they_are_written_are_understood() -> None:
    board = BoardState()
    minute = IntentMinute(
        tenant="acme", agent="shop", minute=7, closed=480_000, conversations=3,
        counts={"f1": Count(turns=5, conversations=3, completed=1, escalated=1, failed=1, users=("u",))},
        groups={"f1": "A"}, names={"A": "refund"}, source=Source(log="c", partition=0, offset=1),
    )  # fmt: skip
    event = IntentEvent(
        id="e", source="s", type="intent.created.v1", subject="A", time="t", tenant="acme", agent="shop",
        intent_id="A", change="created", name="refund of an order",
        terms=("refund", "order"), example="money!",
    )  # fmt: skip
    board.fold("intent-minutes", orjson.loads(minute.encode()))
    board.fold("intent-events", orjson.loads(event.encode()))
    (row,) = board.view().agents[0].intents
    assert (row.name, row.turns, row.conversations, row.failure_rate) == ("refund of an order", 5, 3, 1 / 3)
    assert (row.terms, row.example) == (("refund", "order"), "money!")

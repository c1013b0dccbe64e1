"""JSON Schemas (draft 2020-12) of everything that crosses a topic, generated from the models.

A file is named for the type of its events, as the `dataschema` of an event has it. What comes
in is described as it is accepted, what goes out as it is written.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from groundswell.models.change import CHANGE_EVENTS, ChangeStatus
from groundswell.models.change_envelope import schema_url
from groundswell.models.event import ConversationEvent
from groundswell.models.intent_command import IntentCommand, IntentCommandAnswer
from groundswell.models.intent_event import IntentChange, IntentEvent
from groundswell.models.minute import IntentMinute
from groundswell.models.spike import Spike
from groundswell.models.turn import TurnRead

#: Event types that one model describes: each gets a schema of its own, with its type in it.
_SHARED: dict[type[BaseModel], tuple[str, ...]] = {
    IntentEvent: tuple(f"intent.{change}.v1" for change in get_args(IntentChange)),
    IntentCommandAnswer: ("intent.command.applied.v1", "intent.command.refused.v1"),
    Spike: ("intent.spike.firing.v1", "intent.spike.resolved.v1"),
    IntentMinute: ("intent.minute.v1",),
}
#: Named by us, since these messages carry no type of that form.
_NAMED: dict[str, type[BaseModel]] = {
    "conversation.event.v1": ConversationEvent,
    "turn.read.v1": TurnRead,
    IntentCommand.event_type: IntentCommand,
}
#: Written by others and read here.
_INCOMING = (ConversationEvent, ChangeStatus, IntentCommand)


def schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every schema with its type, in order of the types."""
    models = {name: (model, False) for name, model in {**_NAMED, **CHANGE_EVENTS}.items()}
    models |= {name: (model, True) for model, names in _SHARED.items() for name in names}
    for name, (model, typed) in sorted(models.items()):
        yield name, _schema(model, name, typed=typed)


def write(folder: Path) -> list[Path]:
    """Write each schema to ``<type>.json`` in *folder*, remove other JSON files there, return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in schemas():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        written.append(path)
    for stale in set(folder.glob("*.json")) - set(written):
        stale.unlink()
    return written


def _schema(model: type[BaseModel], name: str, *, typed: bool) -> dict[str, Any]:
    mode = "validation" if model in _INCOMING else "serialization"
    schema = model.model_json_schema(mode=mode)  # type: ignore[arg-type]
    if typed:
        schema["properties"]["type"] = {"const": name, "type": "string"}
    if model is ConversationEvent:
        schema["properties"]["time"] = _time(schema["properties"]["time"])
    return {"$schema": GenerateJsonSchema.schema_dialect, "$id": schema_url(name), **schema, "title": name}


def _time(_: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a time as it is accepted; the model only knows what it becomes."""
    accepted = [{"type": "string", "format": "date-time"}, {"type": "number"}, {"type": "null"}]
    return {
        "anyOf": accepted,
        "default": None,
        "description": "event time: RFC 3339, or milliseconds since the epoch; else the record's timestamp",
    }

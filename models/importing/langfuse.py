"""Langfuse exports: observations, traces and scores, one a line, in any order and in one or more files.

Read are the files of the blob storage export (`observations_v2`, and `traces` with `observations` of
older projects, each with `scores`; snake case), and what the interface and the API give (camel case; a
trace may hold its observations and scores).
Fields: https://langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields

A session is a conversation; a trace without one is a conversation of its own.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from groundswell.models.importing.content import InvalidRow, parsed
from groundswell.models.importing.exchange import Exchange, Kind, facts_of, first
from groundswell.models.importing.message import Call, Message
from groundswell.models.importing.payload import messages_in, messages_out, result_text
from groundswell.models.importing.scores import feedback_of
from groundswell.models.importing.slices import slices_of
from groundswell.models.moments import moment

Row = Mapping[str, Any]
_TYPES = {
    *("SPAN", "GENERATION", "EVENT", "AGENT", "TOOL", "CHAIN", "RETRIEVER", "EVALUATOR", "EMBEDDING"),
    "GUARDRAIL",
}
_CAMEL = re.compile(r"(?<=[a-z0-9])[A-Z]")
_WHOLE = ("observations", "scores")


def fits(row: object) -> bool:
    """Return whether *row* is an observation, a trace or a score of Langfuse."""
    if not isinstance(row, dict):
        return False
    fields = snake(row)
    if is_observation(fields) or is_score(fields):
        return True
    of_a_trace = {"session_id", "project_id", "input", "output", "html_path", *_WHOLE}
    return {"id", "timestamp"} <= fields.keys() and bool(of_a_trace & fields.keys())


def snake(row: Row) -> dict[str, Any]:
    """Return *row* with keys in snake case; a download of one trace without its envelope."""
    inner = row["trace"] if isinstance(row.get("trace"), dict) else {}
    flat = {**inner, **{key: value for key, value in row.items() if not (inner and key == "trace")}}
    return {_CAMEL.sub(lambda found: f"_{found[0].lower()}", key): value for key, value in flat.items()}


def is_observation(fields: Row) -> bool:
    """Return whether a row in snake case is an observation."""
    return str(fields.get("type")).upper() in _TYPES and "start_time" in fields


def is_score(fields: Row) -> bool:
    """Return whether a row in snake case is a score."""
    named = {"name", "value"} <= fields.keys()
    return named and bool({"data_type", "trace_id", "session_id"} & fields.keys()) and "type" not in fields


def exchanges_of(row: Row) -> list[Exchange]:
    """Return what one row says, in order of time. Raises InvalidRow if it lacks an id or a time."""
    fields = snake(row)
    if is_observation(fields):
        return list(_observation(fields, None))
    if is_score(fields):
        return list(_score(fields, fields.get("trace_id")))
    return list(_trace(fields))


def _trace(fields: Row) -> Iterator[Exchange]:
    identifier, start = _id(fields), _time(fields, "timestamp")
    heard, said = messages_in(fields.get("input")), messages_out(fields.get("output"))
    facts = _facts(fields)
    yield Exchange(identifier, identifier, "root", start, start, _session(fields), heard, said, facts)
    for observation in _objects(fields, "observations"):
        yield from _observation({"trace_id": identifier, **snake(observation)}, _session(fields))
    for score in _objects(fields, "scores"):
        yield from _score({"timestamp": fields["timestamp"], **snake(score)}, identifier, _session(fields))


def _observation(fields: Row, session: str | None) -> Iterator[Exchange]:
    identifier, start = _id(fields), _time(fields, "start_time")
    end = _time(fields, "end_time") if fields.get("end_time") else start
    trace = str(fields.get("trace_id") or identifier)
    kind = _kind(fields)
    heard, said = messages_in(fields.get("input")), messages_out(fields.get("output"))
    if kind == "tool":
        heard, said = (), (_tool(fields),)
    latency = float(max(0, end - start)) if fields.get("end_time") else None
    of_session = _session(fields) or session
    yield Exchange(
        identifier, trace, kind, start, end, of_session, heard, said, _facts(fields), latency_ms=latency
    )


def _kind(fields: Row) -> Kind:
    """Return what an observation is worth; a prompt of plain text is no message that anybody wrote."""
    type_ = str(fields["type"]).upper()
    if type_ == "TOOL":
        return "tool"
    if type_ == "GENERATION" and messages_in(fields.get("input"), plain=False):
        return "model"
    return "other" if fields.get("parent_observation_id") else "root"


def _tool(fields: Row) -> Message:
    name = str(fields.get("name") or "unknown")
    failed = True if fields.get("level") == "ERROR" else None
    text = result_text(fields.get("output")) or (str(fields.get("status_message") or "") if failed else "")
    answers = first(parsed(fields["output"]), "tool_call_id") if _is_object(fields.get("output")) else None
    calls = (Call(name, parsed(fields.get("input")) or None),)
    return Message("tool", text, calls, answers if isinstance(answers, str) else None, name, failed)


def _score(fields: Row, trace: object, session: str | None = None) -> Iterator[Exchange]:
    feedback, start = feedback_of(fields), _time(fields, "timestamp", "created_at")
    about = _session(fields) or session
    if feedback is None or not (trace or about):
        return
    identifier = str(first(fields, "id") or f"{trace}-{fields.get('name')}")
    observation = first(fields, "observation_id")
    yield Exchange(
        identifier, str(trace or about), "feedback", start, start, about, feedback=feedback,
        about=observation if isinstance(observation, str) else None,
    )  # fmt: skip


def _facts(fields: Row) -> dict[str, Any]:
    name, version = first(fields, "prompt_name"), first(fields, "prompt_version")
    prompt = f"{name}:{version}" if name and version is not None else version
    facts = facts_of(
        model=first(fields, "provided_model_name", "model"),
        prompt_version=prompt,
        config_version=first(fields, "version"),
        release=first(fields, "release"),
        user_id=first(fields, "user_id"),
    )
    environment = {"environment": fields["environment"]} if fields.get("environment") else {}
    slices = slices_of({**environment, **_object(fields, "metadata")})
    return facts | ({"slices": slices} if slices else {})


def _session(fields: Row) -> str | None:
    session = first(fields, "session_id")
    return str(session)[:256] if isinstance(session, str | int) else None


def _id(fields: Row) -> str:
    identifier = first(fields, "id")
    if not isinstance(identifier, str):
        raise InvalidRow("`id` must be text")
    return identifier


def _time(fields: Row, *names: str) -> int:
    try:
        found = moment(first(fields, *names))
    except ValueError as error:
        raise InvalidRow(f"`{names[0]}`: {error}") from error
    if found is None:
        raise InvalidRow(f"`{names[0]}` is missing")
    return found


def _objects(fields: Row, name: str) -> list[Row]:
    listed = fields.get(name)
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _object(fields: Row, name: str) -> Row:
    value = parsed(fields.get(name))
    return value if isinstance(value, dict) else {}


def _is_object(value: object) -> bool:
    return isinstance(parsed(value), dict)

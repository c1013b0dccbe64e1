"""LangSmith exports: runs, one a line, in any order and in one or more files.

What `Client.list_runs` gives, written as JSON lines, or a bulk export as JSON. Fields:
https://docs.langchain.com/langsmith/run-data-format. A thread (`session_id`, `thread_id` or
`conversation_id` in the metadata, https://docs.langchain.com/langsmith/threads) is a conversation; a
trace without one is a conversation of its own. The run's own `session_id` is its project.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from groundswell.models.importing.content import InvalidRow, parsed
from groundswell.models.importing.exchange import Exchange, Kind, facts_of, first
from groundswell.models.importing.message import Call, Message, is_message, messages_of
from groundswell.models.importing.payload import messages_in, messages_out, result_text
from groundswell.models.importing.scores import statistic
from groundswell.models.importing.slices import slices_of
from groundswell.models.moments import moment

Row = Mapping[str, Any]
THREAD = ("session_id", "thread_id", "conversation_id")
_RUN_TYPES = ("llm", "chain", "tool", "retriever", "embedding", "prompt", "parser")


def fits(row: object) -> bool:
    """Return whether *row* is a run of LangSmith."""
    return isinstance(row, dict) and str(row.get("run_type")).lower() in _RUN_TYPES


def exchanges_of(row: Row) -> list[Exchange]:
    """Return what one run says, in order of time. Raises InvalidRow if it lacks an id or a time."""
    identifier = first(row, "id", "run_id")
    if not isinstance(identifier, str):
        raise InvalidRow("`id` must be text")
    start = _time(row, "start_time")
    if start is None:
        raise InvalidRow("`start_time` is missing")
    end = _time(row, "end_time") or start
    trace, kind = str(first(row, "trace_id") or identifier), _kind(row)
    heard, said = _words(row, kind)
    run = Exchange(
        identifier, trace, kind, start, end, _thread(row), heard, said, _facts(row),
        latency_ms=float(max(0, end - start)) if kind == "tool" and row.get("end_time") else None,
    )  # fmt: skip
    return [run, *_feedback(row, run)]


def _kind(row: Row) -> Kind:
    type_ = str(row["run_type"]).lower()
    if type_ == "tool":
        return "tool"
    if type_ == "llm" and messages_in(row.get("inputs"), plain=False):
        return "model"
    return "other" if first(row, "parent_run_id", "parent_run_ids") else "root"


def _words(row: Row, kind: Kind) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    if kind == "tool":
        return (), (_tool(row),)
    heard, said = messages_in(row.get("inputs")), messages_out(row.get("outputs"))
    return heard, said


def _tool(row: Row) -> Message:
    name = str(row.get("name") or "unknown")
    error, output = row.get("error"), parsed(row.get("outputs"))
    output = output["output"] if isinstance(output, dict) and "output" in output else output
    told = messages_of([output], "outputs")[0] if is_message(output) else None
    failed = True if error else told.failed if told else None
    text = result_text(output) or (str(error) if error else "")
    calls = (Call(name, _arguments(row)),)
    return Message("tool", text, calls, told.answers if told else None, name, failed)


def _arguments(row: Row) -> Any:
    """Return what a tool was called with; LangChain wraps it as text under `input`, sometimes as Python."""
    inputs = parsed(row.get("inputs"))
    if isinstance(inputs, dict) and set(inputs) == {"input"}:
        return parsed(inputs["input"])
    return inputs or None


def _metadata(row: Row) -> Row:
    extra = parsed(row.get("extra"))
    inner = extra.get("metadata") if isinstance(extra, dict) else None
    found = (parsed(row.get("metadata")), inner)
    return {key: value for one in found if isinstance(one, dict) for key, value in one.items()}


def _thread(row: Row) -> str | None:
    thread = first(_metadata(row), *THREAD) or first(row, "thread_id")
    return str(thread)[:256] if isinstance(thread, str | int) else None


def _facts(row: Row) -> dict[str, Any]:
    extra, metadata = parsed(row.get("extra")), _metadata(row)
    called = extra.get("invocation_params") if isinstance(extra, dict) else None
    called = called if isinstance(called, dict) else {}
    facts = facts_of(
        model=first(metadata, "ls_model_name") or first(called, "model", "model_name"),
        prompt_version=first(metadata, "prompt_version", "lc_hub_commit_hash"),
        release=first(metadata, "release", "revision_id"),
        user_id=first(metadata, "user_id"),
    )
    slices = slices_of(metadata)
    return facts | ({"slices": slices} if slices else {})


def _feedback(row: Row, run: Exchange) -> Iterator[Exchange]:
    """Give what people thought of a run: one feedback for each key of its statistics."""
    stats = parsed(row.get("feedback_stats"))
    for key, entry in sorted(stats.items()) if isinstance(stats, dict) else ():
        feedback = statistic(entry)
        if feedback is not None:
            yield Exchange(
                f"{run.id}-{key}", run.trace, "feedback", run.end, run.end, run.session,
                feedback=feedback, about=run.id,
            )  # fmt: skip


def _time(row: Row, name: str) -> int | None:
    try:
        return moment(row.get(name))
    except ValueError as error:
        raise InvalidRow(f"`{name}`: {error}") from error

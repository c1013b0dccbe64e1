"""The dialogue form: a whole conversation in one JSON object, as data sets and exports have it.

``{"conversation_id", "agent", "outcome", "meta", "turns": [{"role", "text", "ts", ...}]}`` becomes
the conversation events that a producer would have sent. An assistant turn that calls a tool
(`tool_name`, `tool_args`) and the tool turn that answers it become one `tool` event. Labels that
a data set carries for scoring, and what was known only afterwards, do not travel.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, get_args

from groundswell.models.event_parts import Outcome
from groundswell.models.moments import moment, spread

#: Between the last turn and the event that tells the outcome.
CLOSING_MS = 1000
#: What is in effect during the conversation; taken from `meta` into every event.
IN_EFFECT = ("model", "prompt_version", "release", "config_version", "variant")
#: Labels, and what only hindsight knows: a slice of this name would give the answer away.
WITHHELD = frozenset(
    {
        *("intent", "intents", "weak_intent", "label", "labels", "task", "tasks", "domain", "domains"),
        *("user_task", "user_instruction", "reason_for_call", "expected_actions", "note", "source"),
        *("outcome", "success", "reward", "termination", "user_end_token", "completion", "user_turns"),
        *("user_says_task_done", "user_says_calm_helpful", "start", "end", "start_unix", "duration_s"),
        *("agent_cost_usd", "user", "user_id", *IN_EFFECT),
    }
)
#: Longer text in `meta` is prose about the conversation, not a property to filter by.
SLICE_TEXT = 64
MAX_SLICES = 32

_ROLES = ("user", "assistant", "tool", "system")
_STATUS = {"success": "completed", "failure": "failed"}
_TOLD = get_args(Outcome.model_fields["status"].annotation)
_NOT_IN_NAMES = re.compile(r"[^a-z0-9._-]+")

Event = dict[str, Any]


class InvalidDialogue(ValueError):
    """The row is no conversation in the dialogue form; the message says where."""


def agent_name(text: str) -> str:
    """Return *text* as a tenant's or agent's name: lower case, other characters as dashes.

    >>> agent_name("Tau2 Airline (v1)")
    'tau2-airline-v1'
    """
    return _NOT_IN_NAMES.sub("-", text.lower()).strip("-")[:64] or "default"


def is_dialogue(row: object) -> bool:
    """Return whether *row* is meant as the dialogue form: an object with `turns`."""
    return isinstance(row, dict) and "turns" in row


def events_of(
    row: Mapping[str, Any], *, start: int, agent: str | None = None, tenant: str | None = None
) -> list[Event]:
    """Return the conversation events of one row, in the order of its turns, as JSON objects.

    Args:
        row: the dialogue.
        start: time of the first turn (ms since the epoch) if no turn has a time of its own.
        agent: name of the agent, instead of the row's own.
        tenant: name of the tenant; none is `default`.

    Each event has an integer `time` (ms) and a `turn_id` that depends on its place only, so that
    a dialogue read twice gives duplicates. Turns without a time get one between their neighbours.

    Raises:
        InvalidDialogue: it has no id, no turns, or a turn that cannot be read.
    """
    turns = _turns(row)
    common = _common(row, agent, tenant)
    times = spread([_time(turn, index) for index, turn in enumerate(turns)], start)
    said = [{**common, **event} for event in _said(turns, times)]
    ending = _ending(row.get("outcome"))
    return [*said, {**common, **ending, "seq": len(turns), "time": max(times) + CLOSING_MS}]


def _turns(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    turns = row.get("turns")
    if not isinstance(turns, list) or not turns:
        raise InvalidDialogue("`turns` must be a list with at least one turn")
    for index, turn in enumerate(turns):
        if not isinstance(turn, dict) or turn.get("role") not in _ROLES:
            raise InvalidDialogue(f"turns[{index}]: wanted an object whose `role` is one of {_ROLES}")
        for name in ("text", "tool_name"):
            if not isinstance(turn.get(name) or "", str):
                raise InvalidDialogue(f"turns[{index}].{name}: wanted text")
    return turns


def _time(turn: Mapping[str, Any], index: int) -> int | None:
    try:
        return moment(turn.get("ts"))
    except ValueError as error:
        raise InvalidDialogue(f"turns[{index}].ts: {error}") from error


def _common(row: Mapping[str, Any], agent: str | None, tenant: str | None) -> Event:
    """Return the fields that all events of the conversation share."""
    identifier, meta = row.get("conversation_id"), row.get("meta") or {}
    if not isinstance(identifier, str | int) or isinstance(identifier, bool) or identifier == "":
        raise InvalidDialogue("`conversation_id` must be text")
    if not isinstance(meta, dict):
        raise InvalidDialogue("`meta` must be an object")
    fields: Event = {"conversation_id": str(identifier)}
    if tenant is not None or row.get("tenant"):
        fields["tenant"] = agent_name(str(tenant or row["tenant"]))
    if agent is not None or row.get("agent"):
        fields["agent"] = agent_name(str(agent or row["agent"]))
    in_effect = {name: meta[name] for name in IN_EFFECT if isinstance(meta.get(name), str)}
    user, slices = _user(meta), _slices(meta)
    return fields | in_effect | ({"user_id": user} if user else {}) | ({"slices": slices} if slices else {})


def _user(meta: Mapping[str, Any]) -> str | None:
    """Return who the user is. Simulated users phrase one task alike: then the task stands for the user."""
    for name in ("user_id", "user"):
        if isinstance(meta.get(name), str | int) and meta[name] != "":
            return str(meta[name])
    return f"task-{meta['task_id']}" if isinstance(meta.get("task_id"), str | int) else None


def _slices(meta: Mapping[str, Any]) -> Event:
    named = meta["slices"] if isinstance(meta.get("slices"), dict) else meta
    fit = {name: value for name, value in named.items() if name not in WITHHELD and is_slice(name, value)}
    return dict(list(fit.items())[:MAX_SLICES])


def is_slice(name: str, value: object) -> bool:
    """Return whether *value* is a property to filter by: a number, a truth value or a short text."""
    if len(name) > SLICE_TEXT:
        return False
    if isinstance(value, str):
        return len(value) <= SLICE_TEXT
    return isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value))


def _said(turns: Sequence[Mapping[str, Any]], times: Sequence[int]) -> Iterator[Event]:
    """Give what was said and called, in order; a call stands where its answer came."""
    answers = dict(_answers(turns))
    answered = set(answers.values())
    for index, (turn, time) in enumerate(zip(turns, times, strict=True)):
        place = {"turn_id": f"t{index}", "time": time, "seq": index}
        if turn["role"] == "tool":
            call = answers.get(index)
            yield place | {"role": "tool", "tool": _tool(turn, None if call is None else turns[call])}
            continue
        if turn.get("text") or not _is_call(turn):
            yield place | {"role": turn["role"], "text": turn.get("text") or ""}
        if _is_call(turn) and index not in answered:
            unanswered = {"name": turn["tool_name"], "arguments": turn.get("tool_args")}
            yield place | {"turn_id": f"t{index}.call", "role": "tool", "tool": unanswered}


def _is_call(turn: Mapping[str, Any]) -> bool:
    return turn["role"] == "assistant" and bool(turn.get("tool_name"))


def _answers(turns: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, int]]:
    """Give (answer, call) by index: a tool turn answers the oldest open call of its name."""
    pending: dict[str, list[int]] = {}
    for index, turn in enumerate(turns):
        if _is_call(turn):
            pending.setdefault(turn["tool_name"], []).append(index)
        elif turn["role"] == "tool" and (calls := pending.get(turn.get("tool_name") or "")):
            yield index, calls.pop(0)


def _tool(answer: Mapping[str, Any], call: Mapping[str, Any] | None) -> Event:
    tool: Event = {"name": answer.get("tool_name") or "unknown", "result": answer.get("text") or ""}
    if call is not None and call.get("tool_args") is not None:
        tool["arguments"] = call["tool_args"]
    if isinstance(answer.get("error"), bool):
        tool["status"] = "error" if answer["error"] else "ok"
    return tool


def _ending(outcome: object) -> Event:
    """Return the event that ends the conversation: its outcome if the row tells one."""
    if outcome is None:
        return {"turn_id": "end", "type": "end"}
    status = _STATUS.get(str(outcome), str(outcome))
    if status not in _TOLD:
        raise InvalidDialogue("`outcome` must be success, failure, null or a conversation event's outcome")
    return {"turn_id": "outcome", "type": "outcome", "outcome": {"status": status}}

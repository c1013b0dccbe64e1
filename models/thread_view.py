"""A thread: one conversation whole, each turn in its place, as a person reads it.

The order is that of what happened (time, then the sender's `seq`), and where those are equal that of
arrival. So late turns stand where they belong. Each turn is in the archive once, so duplicates are gone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from groundswell.models.event import named_turn
from groundswell.models.event_parts import Slice

#: What was in effect, as far as it is known.
FACTS = ("model", "prompt_version", "release", "config_version", "variant")
Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ThreadName:
    """Which conversation: its uuid, what its sender calls it, and whose it is."""

    conversation: str
    conversation_id: str
    tenant: str
    agent: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool, with its answer."""

    name: str
    arguments: str = ""
    result: str = ""
    status: str | None = None
    call_id: str | None = None
    latency_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A turn, feedback, an outcome or an end. `time` is in ms; `about` is the entry that feedback means."""

    id: str
    type: str
    time: int
    role: str | None = None
    text: str = ""
    truncated: bool = False
    tool: ToolCall | None = None
    segment: int | None = None
    passes: bool = False
    probability: float | None = None
    signals: tuple[str, ...] = ()
    ordinal: int | None = None
    score: float | None = None
    edited_reply: str = ""
    about: str | None = None
    outcome: str | None = None
    trace_id: str | None = None
    prompt_version: str | None = None


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal (segment): the intent it was given, how it stands, and its suspected first failing entry.

    `reasons` are the evidence for how it stands, each with its weight; `score` is their sum.
    """

    number: int
    intent: str = ""
    name: str = ""
    status: str = "open"
    probability: float | None = None
    told: bool = False
    suspect: str | None = None
    score: float = 0.0
    reasons: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ThreadView:
    """One conversation. `conversation` is its uuid, `conversation_id` what its sender calls it."""

    conversation: str
    conversation_id: str
    tenant: str
    agent: str
    entries: tuple[Entry, ...]
    goals: tuple[Goal, ...] = ()
    total: int = 0
    closed: bool = False
    told: str | None = None
    user: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    slices: Mapping[str, Slice] = field(default_factory=dict)

    @property
    def hidden(self) -> int:
        """How many entries are not here."""
        return max(0, self.total - len(self.entries))


def thread_view(
    archived: Iterable[tuple[str, Payload]],
    state: Payload,
    intents: Mapping[int, tuple[str, str]],
    *,
    conversation: str,
    total: int | None = None,
) -> ThreadView:
    """Return the thread of one conversation.

    Args:
        archived: id and payload of each entry in the archive, in any order.
        state: what the reading stage keeps of the conversation; empty if it is not known.
        intents: by number of the segment, the intent's id and name.
        conversation: its uuid.
        total: how many entries there are, if not all are given.
    """
    points = sorted(archived, key=lambda point: thread_place(point[1], point[0]))
    entries = tuple(_entry(identifier, payload, conversation) for identifier, payload in points)
    owner = str(state.get("owner") or (points[0][1].get("owner") if points else "") or "/")
    tenant, _, agent = owner.partition("/")
    name = state.get("conversation_id") or (points[0][1].get("conversation_id") if points else "")
    facts = state.get("facts") or {}
    return ThreadView(
        conversation=conversation,
        conversation_id=str(name or ""),
        tenant=tenant,
        agent=agent,
        entries=entries,
        goals=_goals(entries, state, intents),
        total=len(entries) if total is None else total,
        closed=bool(state.get("closed")),
        told=state.get("told"),
        user=facts.get("user"),
        facts={fact: facts[fact] for fact in FACTS if facts.get(fact)},
        slices=state.get("slices") or {},
    )


def thread_place(payload: Payload, identifier: str = "") -> tuple[int, int, str, int, int, str]:
    """Return what entries are sorted by: time, seq, and then the order of arrival."""
    arrival = payload.get("log") or "", payload.get("partition") or 0, payload.get("offset") or 0
    return payload["time"], payload.get("seq") or 0, *arrival, identifier


def _entry(identifier: str, payload: Payload, conversation: str) -> Entry:
    about, edited = payload.get("feedback_turn"), payload.get("edited_reply") or ""
    return Entry(
        id=identifier,
        type=payload.get("type") or "turn",
        time=payload["time"],
        role=payload.get("role"),
        text=(payload.get("text") or "").removesuffix(edited).rstrip("\n" if edited else ""),
        truncated=bool(payload.get("truncated")),
        tool=_tool(payload),
        segment=payload.get("segment"),
        passes=bool(payload.get("passes")),
        probability=payload.get("probability"),
        signals=tuple(payload.get("signals") or ()),
        ordinal=payload.get("ordinal"),
        score=payload.get("score"),
        edited_reply=edited,
        about=named_turn(conversation, about) if about else None,
        outcome=payload.get("outcome"),
        trace_id=payload.get("trace_id"),
        prompt_version=payload.get("prompt_version"),
    )


def _tool(payload: Payload) -> ToolCall | None:
    if payload.get("tool_name") is None:
        return None
    return ToolCall(
        name=payload["tool_name"],
        arguments=payload.get("tool_arguments") or "",
        result=payload.get("tool_result") or payload.get("text") or "",
        status=payload.get("tool_status"),
        call_id=payload.get("tool_call_id"),
        latency_ms=payload.get("tool_latency_ms"),
    )


def _goals(
    entries: Sequence[Entry], state: Payload, intents: Mapping[int, tuple[str, str]]
) -> tuple[Goal, ...]:
    """Return the goals, in order: those that turns belong to, and those that an outcome is known of."""
    known = {int(one["segment"]): one for one in state.get("emitted") or ()}
    by_ordinal = {entry.ordinal: entry.id for entry in entries if entry.ordinal is not None}
    said = {entry.segment for entry in entries if entry.segment is not None}
    told = state.get("told") is not None
    goals = []
    for number in sorted(said | known.keys() | intents.keys()):
        one, (intent, name) = known.get(number), intents.get(number, ("", ""))
        goal = Goal(number, intent, name)
        if one is not None:
            suspect = by_ordinal.get(one.get("first_failing_turn"))
            reasons = tuple((why["kind"], why["weight"]) for why in one.get("reasons") or ())
            standing = one["status"], one["probability"], told, suspect, one.get("score") or 0.0, reasons
            goal = Goal(number, intent, name, *standing)
        goals.append(goal)
    return tuple(goals)

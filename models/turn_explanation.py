"""Why one turn went where it went: what the gate made of it, what was clustered, and which intent fits.

The answer is that of today's model; what the turn got on arrival is told as far as it is remembered.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from groundswell.models.agent_intents import AgentIntents
from groundswell.models.intents.reasons import Reasons
from groundswell.models.reading.gate import THRESHOLD
from groundswell.models.reading.needs import unit
from groundswell.models.record import Vector
from groundswell.models.thread_view import Entry, ThreadView


@dataclass(frozen=True, slots=True)
class TurnExplanation:
    """Why. `fate` is the end of the story in one word: `clustered`, `no_need`, `not_a_user`, `no_vector`.

    `blend` is the cosine of the turn to `previous`, the last turn before it of the same goal that said what
    the user wants: the mean of the two is what is clustered. `arrival` is the sub-intent that it got.
    """

    turn: str
    conversation: str
    conversation_id: str
    tenant: str
    agent: str
    fate: str
    time: int
    text: str
    role: str
    ordinal: int | None
    goal: int | None
    probability: float | None
    threshold: float = THRESHOLD
    previous: str = ""
    previous_text: str = ""
    blend: float | None = None
    reasons: Reasons | None = None
    arrival: str = ""
    arrival_sure: bool = False
    intent: str = ""
    intent_name: str = ""
    names: dict[str, str] = field(default_factory=dict)  #: of the intents that are told of


def previous_need(thread: ThreadView, entry: Entry) -> Entry | None:
    """Return the last need before *entry*, in the order of arrival, of the same goal."""
    if entry.ordinal is None:
        return None
    earlier = [
        one
        for one in thread.entries
        if one.passes and one.segment == entry.segment
        and one.ordinal is not None and one.ordinal < entry.ordinal
    ]  # fmt: skip
    return max(earlier, key=lambda one: one.ordinal or 0, default=None)


def explain_turn(
    thread: ThreadView,
    entry: Entry,
    vectors: dict[str, Vector],
    state: AgentIntents | None,
    arrived: Sequence[tuple[str, bool]],
) -> TurnExplanation:
    """Return why a turn went where it went.

    Args:
        thread: its conversation.
        entry: the turn.
        vectors: unit embeddings of the turn and of the need before it, by id, as far as they are archived.
        state: the intents of the agent, None if there are none yet.
        arrived: sub-intents that the goal got, each with whether it was this turn that brought it.
    """
    before = previous_need(thread, entry)
    known = TurnExplanation(
        entry.id, thread.conversation, thread.conversation_id, thread.tenant, thread.agent,
        _fate(entry, vectors, state), entry.time, entry.text, entry.role or entry.type, entry.ordinal,
        entry.segment, entry.probability,
    )  # fmt: skip
    if known.fate != "clustered" or state is None:
        return known
    vector, blend = vectors[entry.id], None
    if before is not None and before.id in vectors:
        blend = float(vectors[before.id] @ vector)
        vector = unit(vector + vectors[before.id])
    found = state.engine.explain(unit(vector))
    return _with_intents(known, state, found, before, blend, arrived)


def _with_intents(
    known: TurnExplanation,
    state: AgentIntents,
    found: Reasons,
    before: Entry | None,
    blend: float | None,
    arrived: Sequence[tuple[str, bool]],
) -> TurnExplanation:
    mine = [fine for fine, is_mine in arrived if is_mine]
    arrival = mine[0] if mine else arrived[0][0] if len(arrived) == 1 else ""
    intent = state.engine.resolve(arrival) if arrival else found.intent
    told = {intent, found.intent, *(candidate.intent for candidate in found.candidates)}
    blended = before if blend is not None else None
    return replace(
        known,
        previous=blended.id if blended else "",
        previous_text=blended.text if blended else "",
        blend=blend,
        reasons=found,
        arrival=arrival,
        arrival_sure=bool(mine),
        intent=intent,
        intent_name=state.taxonomy.name(intent),
        names={one: state.taxonomy.name(one) for one in sorted(told)},
    )


def _fate(entry: Entry, vectors: dict[str, Vector], state: AgentIntents | None) -> str:
    if entry.role != "user":
        return "not_a_user"
    if not entry.passes:
        return "no_need"
    return "clustered" if entry.id in vectors and state is not None else "no_vector"

"""One intent as it is shown: what it is, what it was, where it breaks, and the conversations to compare.

Whoever renders it escapes every text in it: names, turns and tools are strangers' words.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from groundswell.models.agent_intents import AgentIntents
from groundswell.models.board_view import Tally
from groundswell.models.cases import OTHER, STATUSES, Cases
from groundswell.models.history import Past
from groundswell.models.intent_shape import IntentShape
from groundswell.models.intents.fine_words import Example
from groundswell.models.intents.quality import Measured
from groundswell.models.intents.reservoir import Kept
from groundswell.models.reading.steps import told_step

#: Rows of each list that are shown.
NEIGHBOURS, EXAMPLES, STEPS = 5, 6, 8


@dataclass(frozen=True, slots=True)
class Quote:
    """A turn: its words and the conversation that it is from; `closeness` is its cosine to its sub-intent.

    Of a borderline turn, `other` is the neighbour that it is nearly as close to, with `other_closeness`.
    """

    text: str
    conversation: str
    closeness: float
    turn: str = ""
    other: str = ""
    other_name: str = ""
    other_closeness: float = 0.0


@dataclass(frozen=True, slots=True)
class Near:
    """Another intent, and the cosine of the two centres."""

    id: str
    name: str
    similarity: float


@dataclass(frozen=True, slots=True)
class SubIntent:
    """One of its sub-intents: how many goals settled and failed, and where most of those broke."""

    id: str
    name: str
    weight: float
    settled: int
    failures: int
    step: str = ""


@dataclass(frozen=True, slots=True)
class StepShare:
    """A step at which failing goals broke, in words, with how many did and their share of the failing."""

    step: str
    told: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Case:
    """A goal that is kept for contrast. `conversation_id` is what its sender calls it, if that is known."""

    conversation: str
    segment: int
    time: int
    step: str
    told: str
    conversation_id: str = ""


@dataclass(frozen=True, slots=True)
class IntentPage:
    """All of it.

    `live` is false of an intent of which only its past is left. `asked` is the id that was asked for:
    another where one has taken its place since.
    """

    tenant: str
    agent: str
    id: str
    asked: str
    live: bool
    name: str
    description: str = ""
    pinned: bool = False
    weight: float = 0.0
    share: float = 0.0
    shape: IntentShape | None = None
    terms: tuple[str, ...] = ()
    fines: tuple[SubIntent, ...] = ()
    examples: tuple[Quote, ...] = ()
    borderline: tuple[Quote, ...] = ()
    neighbours: tuple[Near, ...] = ()
    history: tuple[Past, ...] = ()
    outcomes: Tally = field(default_factory=Tally)
    steps: tuple[StepShare, ...] = ()
    versions: tuple[tuple[str, Tally], ...] = ()
    days: tuple[tuple[int, int, int], ...] = ()  #: day since the epoch, goals settled, failures
    failed: tuple[Case, ...] = ()
    succeeded: tuple[Case, ...] = ()


def to_json(value: object) -> bytes:
    """Return a page, or anything that JSON knows, as JSON."""
    return orjson.dumps(value, default=lambda model: model.model_dump(), option=orjson.OPT_INDENT_2)


def intent_page(state: AgentIntents, asked: str) -> IntentPage | None:
    """Return the page of an intent, of what became of it, or of its past; None if nothing is known of it."""
    groups = state.engine.groups()
    intent = asked if asked in groups.values() else state.engine.resolve(asked)
    if intent not in groups.values():
        past = state.history.of(asked)
        name = next((one.name for one in reversed(past) if one.name), "")
        whose = state.tenant, state.agent
        return IntentPage(*whose, asked, asked, live=False, name=name, history=past) if past else None
    fines = sorted(fine for fine, owner in groups.items() if owner == intent)
    weights = state.engine.fine_weights()
    weight = sum(weights.get(fine, 0.0) for fine in fines)
    cases = state.cases.of(fines)
    kept = state.names.kept(intent) or state.names.name(fines, intent)
    return IntentPage(
        state.tenant,
        state.agent,
        intent,
        asked,
        live=True,
        name=state.taxonomy.name(intent) or kept.name,
        description=state.memory.description_of(intent) or kept.description,
        pinned=any(view.pinned for view in state.engine.intents() if view.id == intent),
        weight=round(weight, 1),
        share=weight / max(sum(weights.values()), 1e-9),
        shape=state.shapes.shapes.get(intent),
        terms=kept.terms,
        fines=_fines(state, fines, weights),
        examples=tuple(map(_quote, _central(state.names.examples(fines)))),
        neighbours=_neighbours(state, intent, state.engine.measure()),
        history=state.history.of(intent),
        outcomes=_tally(cases.versions.values()),
        steps=step_shares(cases),
        versions=_versions(cases),
        days=tuple((day, settled, failed) for day, (settled, failed) in sorted(cases.days.items())),
        failed=_cases(cases.failed),
        succeeded=_cases(cases.succeeded),
    )


def step_shares(cases: Cases) -> tuple[StepShare, ...]:
    """Return the steps at which most goals broke, the other ones added up last."""
    total = sum(cases.steps.values())
    ranked = sorted(cases.steps.items(), key=lambda item: (item[0] == OTHER, -item[1], item[0]))
    shown, rest = ranked[:STEPS], sum(count for _, count in ranked[STEPS:])
    if rest:
        others = rest + sum(count for step, count in shown if step == OTHER)
        shown = [*(item for item in shown if item[0] != OTHER), (OTHER, others)]
    return tuple(StepShare(step, told_step(step), count, count / total) for step, count in shown if count > 0)


def _central(examples: Sequence[Example]) -> Sequence[Example]:
    """Return the most central ones, and one that began its sub-intent (closeness 0) only without others."""
    measured = [one for one in examples if one.closeness > 0]
    return (measured or examples)[:EXAMPLES]


def _quote(example: Example) -> Quote:
    return Quote(example.text, example.conversation, round(example.closeness, 3))


def _fines(state: AgentIntents, fines: Sequence[str], weights: Mapping[str, float]) -> tuple[SubIntent, ...]:
    rows = []
    for fine in sorted(fines, key=lambda fine: (-weights.get(fine, 0.0), fine)):
        cases = state.cases.of([fine])
        tally, steps = _tally(cases.versions.values()), step_shares(cases)
        name = state.names.name([fine], fine).name
        weight = round(weights.get(fine, 0.0), 1)
        step = steps[0].told if steps else ""
        rows.append(SubIntent(fine, name, weight, cases.settled, tally.failures, step))
    return tuple(rows)


def _neighbours(state: AgentIntents, intent: str, found: Measured | None) -> tuple[Near, ...]:
    if found is None:
        return ()
    similar = found.centres @ found.centres[found.intents.index(intent)]
    near = [
        Near(other, state.taxonomy.name(other), round(float(cosine), 3))
        for other, cosine in zip(found.intents, similar, strict=True)
        if other != intent
    ]
    return tuple(sorted(near, key=lambda one: (-one.similarity, one.id))[:NEIGHBOURS])


def _tally(many: Iterable[Mapping[str, int]]) -> Tally:
    total = Tally()
    for counts in many:
        for status in STATUSES:
            setattr(total, status, getattr(total, status) + counts.get(status, 0))
    return total


def _versions(cases: Cases) -> tuple[tuple[str, Tally], ...]:
    """Return outcomes by version of the prompt, the largest first."""
    ranked = sorted(cases.versions.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    return tuple((version, _tally([counts])) for version, counts in ranked)


def _cases(kept: Sequence[Kept]) -> tuple[Case, ...]:
    """Return the goals that are kept, the newest first."""
    newest = sorted(kept, key=lambda item: (-item.time, item))
    return tuple(
        Case(item.conversation, item.segment, item.time, item.step, told_step(item.step) if item.step else "")
        for item in newest
    )

"""The examination: threads and an agent's files in, proposals and withheld changes out.

Pure and deterministic: the order of the threads, the clock and the hash seed change nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from groundswell.models.change import MAX_EVENT_BYTES, ChangeProposed, ChangeWithheld, WithheldReason
from groundswell.models.change_parts import Impact, Score
from groundswell.models.proposals.draft import Draft, draft
from groundswell.models.proposals.events import Case, Substatus, problem_of, proposed, withheld
from groundswell.models.proposals.rank import score
from groundswell.models.proposals.rules import RuleBook
from groundswell.models.proposals.search import Refusal, search
from groundswell.models.proposals.target import AgentFiles, Embed, Trigger
from groundswell.models.proposals.thread import Thread

#: Proposals that a team can take in a period.
CAPACITY = 4
_OVERLAP = 0.5


@dataclass(frozen=True)
class Examination:
    """What came of one trigger: proposals by rank, and what was withheld, each with its reason."""

    proposals: tuple[ChangeProposed, ...]
    withheld: tuple[ChangeWithheld, ...]


def examine(
    threads: Sequence[Thread],
    files: AgentFiles,
    trigger: Trigger,
    embed: Embed,
    *,
    impacts: Mapping[str, Impact] | None = None,
    known: Collection[str] = (),
    capacity: int = CAPACITY,
    substatus: Substatus = "new",
    news: int | None = None,
) -> Examination:
    """Search an agent's conversations for mechanisms and draft one change for each that holds.

    Args:
        threads: the conversations of the trigger's window, each id once, in any order.
        files: the agent's files as they are at `base_ref`.
        trigger: why this examination happens; ids and times of the events derive from it.
        embed: texts to unit float32 vectors, for the nearest rule and for conflicts.
        impacts: by intent id; an intent without one gets what the threads themselves show.
        known: problems already proposed, see `problem_of`.
        capacity: how many proposals are left in the period.
        substatus: why a problem comes up, where it came up before.
        news: how many known outcomes are new since the agent was last looked at; by default all.

    Raises:
        ValueError: a conversation id occurs twice; merge the thread first.

    """
    case = Case(_in_order(threads), files, trigger, impacts or {}, substatus)
    drafts, refusals = _drafts(case, embed, news)
    chosen, dropped = _choose(drafts, known, capacity)
    events, oversized = _events(chosen, case)
    notes = sorted(refusals + dropped + oversized, key=lambda refusal: (refusal.key, refusal.reason))
    return Examination(tuple(events), tuple(withheld(note, case) for note in notes))


def _drafts(case: Case, embed: Embed, news: int | None) -> tuple[list[tuple[Score, Draft]], list[Refusal]]:
    """Return a draft for every finding that allows one, best first, and every refusal so far."""
    prompt = case.files.prompt
    book = RuleBook(prompt.text, embed) if prompt else None
    findings, refusals = search(case.threads, book, news)
    drafts: list[tuple[Score, Draft]] = []
    for finding in findings:
        made = draft(finding, case.files, book)
        if isinstance(made, Refusal):
            refusals.append(made)
        else:
            drafts.append((score(finding, made.lever), made))
    drafts.sort(key=lambda pair: (-pair[0].value, pair[1].finding.pattern.key))
    return drafts, refusals


def _events(chosen: list[tuple[Score, Draft]], case: Case) -> tuple[list[ChangeProposed], list[Refusal]]:
    """Return the events by rank, and a refusal for each that would be too large to send."""
    events: list[ChangeProposed] = []
    oversized: list[Refusal] = []
    for rating, made in chosen:
        event = proposed(made, rating.model_copy(update={"rank": len(events) + 1}), case)
        if len(event.encode()) <= MAX_EVENT_BYTES:
            events.append(event)
        else:
            oversized.append(_drop(made, "over_budget", "The event would be larger than a broker takes."))
    return events, oversized


def _in_order(threads: Sequence[Thread]) -> list[Thread]:
    ordered = sorted(threads, key=lambda thread: thread.conversation_id)
    for left, right in pairwise(ordered):
        if left.conversation_id == right.conversation_id:
            raise ValueError(f"conversation {left.conversation_id!r} is given twice; merge its turns first")
    return ordered


def _choose(
    drafts: list[tuple[Score, Draft]], known: Collection[str], capacity: int
) -> tuple[list[tuple[Score, Draft]], list[Refusal]]:
    """Return the drafts to propose, best first, and the rest with why not."""
    chosen: list[tuple[Score, Draft]] = []
    dropped: list[Refusal] = []
    for rating, made in drafts:
        if problem_of(made.file.path, made.file.digest, made.finding.pattern.key) in known:
            dropped.append(_drop(made, "duplicate", "It was proposed before, against the same base."))
        elif any(_overlap(made, better) >= _OVERLAP for _, better in chosen):
            dropped.append(_drop(made, "overlaps", "A proposal of higher rank explains the same failures."))
        elif len(chosen) >= capacity:
            dropped.append(_drop(made, "cap", f"The period's capacity of {capacity} is used up."))
        else:
            chosen.append((rating, made))
    return chosen, dropped


def _overlap(one: Draft, other: Draft) -> float:
    """Return the Jaccard index of the failing conversations of two drafts."""
    left, right = _failing_ids(one), _failing_ids(other)
    return len(left & right) / max(len(left | right), 1)


def _failing_ids(made: Draft) -> set[str]:
    return {made.finding.threads[position].conversation_id for position in made.finding.failing}


def _drop(made: Draft, reason: WithheldReason, why: str) -> Refusal:
    finding = made.finding
    brief = f"{finding.wording.mechanism} {why}"
    return Refusal(reason, brief, finding.pattern, finding.threads, finding.gate)

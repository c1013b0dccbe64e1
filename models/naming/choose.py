"""From exemplary turns and ranked terms to a name unlike the others."""

from collections.abc import Mapping, Sequence, Set
from itertools import combinations
from typing import NamedTuple

from groundswell.models.naming.clauses import clauses
from groundswell.models.naming.lore import use_of
from groundswell.models.naming.phrases import Phrase, phrases
from groundswell.models.naming.rules import faults, plain, sentence_case, stems
from groundswell.models.naming.sense import sense_of
from groundswell.models.naming.stretches import NAME_LIMIT
from groundswell.models.naming.weights import Weights

_NEAR = 0.25  # of the best score: a phrase that another name has may give way to one so good
_TRIED = 3  # phrases that are told apart by a further term


class Choice(NamedTuple):
    """A name, the exemplary turn that it was taken from, and what each phrase that turns offer is worth.

    acts: whether it says what is to be done, or asks.
    best: what the best of them is worth that would do but for the names of others, and `taken` that name.
    """

    name: str
    example: str
    offered: Mapping[frozenset[str], float] = {}
    best: float = 0.0
    taken: str = ""
    acts: bool = False

    def worth(self, name: str) -> float | None:
        """Return what a name is worth, None where no exemplary turn says it."""
        return self.offered.get(sense_of(name))


def is_makeshift(name: str) -> bool:
    """Tell whether a name is no phrase that users say, but was put together: "weather, away"."""
    return any(sign in name for sign in (", ", ": ", " ("))


def choose_name(
    intent: str,
    examples: Sequence[str],
    ranked: Sequence[str],
    weights: Weights,
    taken: Sequence[str],
    replies: Set[str] = frozenset(),
) -> Choice:
    """Return a specific name unlike those taken.

    A phrase of a turn; a phrase with the term that sets it apart; terms alone; a term with what was said;
    or, where all of this fails, the end of the intent's id.

    Args:
        intent: its id.
        examples: exemplary turns, most central first.
        ranked: the terms of the intent, most distinctive first.
        weights: what sets it apart.
        taken: the other names of the agent.
        replies: of the exemplary turns, those that may only answer what the agent asked.
    """
    found = phrases(examples, weights, replies)
    offered = {phrase.stems: phrase.score for phrase in found}
    chosen = _first_fitting(found, taken, _NEAR)
    if chosen is None:
        chosen = _first_fitting(phrases(examples, weights, replies, cheap=True), taken, 0.0)
    wanted = _first_fitting(found, (), _NEAR)
    best, liked = (wanted.score, sentence_case(wanted.text)) if wanted is not None else (0.0, "")
    if chosen is not None:
        return Choice(sentence_case(chosen.text), chosen.turn, offered, best, liked, chosen.acts)
    name, example = _made_up(intent, found, examples, _free(ranked, examples, weights), taken)
    return Choice(name, example, offered, best, liked)


def _free(ranked: Sequence[str], examples: Sequence[str], weights: Weights) -> list[str]:
    """Return the terms that no turn writes as a name, those that fill slots last."""
    named = weights.lore.names.union(*(use_of(text).capital for text in examples))
    free = [term for term in ranked if not stems(term) & named]
    return sorted(free, key=lambda term: any(map(weights.is_value, stems(term))))


def _first_fitting(found: Sequence[Phrase], taken: Sequence[str], near: float) -> Phrase | None:
    """Return the best phrase that may be a name, unless it is worth less than a part of the best."""
    good = (one for one in found if one.score >= near * found[0].score)
    return next((one for one in good if not faults(sentence_case(one.text), taken)), None)


def _made_up(
    intent: str, found: Sequence[Phrase], examples: Sequence[str], terms: Sequence[str], taken: Sequence[str]
) -> tuple[str, str]:
    """Return a name that no turn says, and the turn that it goes with."""
    first = examples[0] if examples else ""
    for phrase in found[:_TRIED]:
        if name := _told_apart(phrase, terms, taken):
            return name, phrase.turn
    for term, other in combinations(terms, 2):
        name = sentence_case(f"{term}, {other}")
        if not stems(term) & stems(other) and not faults(name, taken):
            return name, first
    return _quoted(terms, examples, taken) or _last_resort(intent, found, first, taken), first


def _told_apart(phrase: Phrase, ranked: Sequence[str], taken: Sequence[str]) -> str:
    """Return a phrase and the first term that makes a name of it unlike the others, or the empty text."""
    for term in ranked:
        if stems(term) & stems(phrase.text):
            continue
        name = sentence_case(f"{phrase.text}, {term}")
        if len(name) <= NAME_LIMIT and not faults(name, taken):
            return name
    return ""


def _quoted(ranked: Sequence[str], examples: Sequence[str], taken: Sequence[str]) -> str:
    """Return the strongest term with the first turn that holds nothing of one person, or the empty text."""
    for text in examples:
        words = [token for clause in clauses(text) for token in clause.tokens]
        if ranked and words and not any(token.proper or token.code for token in words):
            name = plain(f"{sentence_case(ranked[0])}: {text}", NAME_LIMIT)
            if not faults(name, taken):
                return name
    return ""


def _last_resort(intent: str, found: Sequence[Phrase], first: str, taken: Sequence[str]) -> str:
    said = sentence_case(found[0].text) if found else f"Unclear: {first}" if first else "Unclear"
    end = f" ({intent[-4:]})"
    return plain(said, NAME_LIMIT - len(end)) + end

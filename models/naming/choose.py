"""From exemplary turns and ranked terms to a name unlike the others."""

from collections.abc import Sequence
from typing import NamedTuple

from groundswell.models.naming.clauses import clauses
from groundswell.models.naming.phrases import NAME_LIMIT, Phrase, Weights, phrases
from groundswell.models.naming.rules import faults, plain, sentence_case, stems

_NEAR = 0.5  # of the best score: a phrase that another name has may give way to one so good
_TRIED = 3  # phrases that are told apart by a further term


class Choice(NamedTuple):
    """A name, and the exemplary turn that it was taken from."""

    name: str
    example: str


def choose_name(
    intent: str, examples: Sequence[str], ranked: Sequence[str], weights: Weights, taken: Sequence[str]
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
    """
    found = phrases(examples, weights)
    good = [phrase for phrase in found if phrase.score >= _NEAR * found[0].score]
    first = examples[0] if examples else ""
    for phrase in good:
        name = sentence_case(phrase.text)
        if not faults(name, taken):
            return Choice(name, phrase.turn)
    for phrase in good[:_TRIED]:
        if name := _told_apart(phrase, ranked, taken):
            return Choice(name, phrase.turn)
    for place, term in enumerate(ranked):
        for other in ranked[place + 1 :]:
            name = sentence_case(f"{term}, {other}")
            if not stems(term) & stems(other) and not faults(name, taken):
                return Choice(name, first)
    if name := _quoted(ranked, examples, taken):
        return Choice(name, first)
    return Choice(_last_resort(intent, found, first, taken), first)


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

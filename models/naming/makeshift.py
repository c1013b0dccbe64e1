"""A name that no turn says: a phrase or a term with what sets it apart, or the end of the intent's id."""

from collections.abc import Sequence
from itertools import combinations

from groundswell.models.naming.clauses import clauses
from groundswell.models.naming.lore import use_of
from groundswell.models.naming.phrase import Phrase
from groundswell.models.naming.rules import faults, plain, sentence_case, stems
from groundswell.models.naming.stretches import NAME_LIMIT
from groundswell.models.naming.weights import Weights

_TRIED = 3  # phrases that are told apart by a further term


def is_makeshift(name: str) -> bool:
    """Tell whether a name is no phrase that users say, but was put together: "weather, away"."""
    return any(sign in name for sign in (", ", ": ", " ("))


def free_terms(ranked: Sequence[str], examples: Sequence[str], weights: Weights) -> list[str]:
    """Return the terms that no turn writes as a name, those that fill slots last."""
    named = weights.lore.names.union(*(use_of(text).capital for text in examples))
    free = [term for term in ranked if not stems(term) & named]
    return sorted(free, key=lambda term: any(map(weights.is_value, stems(term))))


def made_up(
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

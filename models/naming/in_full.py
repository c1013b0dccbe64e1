"""What a phrase wants, told in full: where its name is taken, the rest of its clause tells it apart."""

from collections.abc import Iterator, Sequence

from groundswell.models.naming.adjuncts import without_slots
from groundswell.models.naming.clauses import clauses
from groundswell.models.naming.lexicon import Part
from groundswell.models.naming.phrase import Phrase, joined
from groundswell.models.naming.rules import faults, sentence_case
from groundswell.models.naming.sense import sense
from groundswell.models.naming.stretches import is_whole
from groundswell.models.naming.tokens import Token
from groundswell.models.naming.weights import Weights

_MORE = 4  # words of content that may be added


def in_full(wanted: Phrase, examples: Sequence[str], weights: Weights, taken: Sequence[str]) -> Phrase | None:
    """Return the phrase with more of its clause, as most turns have it, unlike the names taken."""
    found = [
        (-_said(stems - wanted.stems, weights), len(text), text, turn, stems)
        for turn in examples
        for text, stems in _longer(wanted, turn, weights)
    ]
    for _, _, text, turn, stems in sorted(found, key=lambda one: one[:3]):
        if not faults(sentence_case(text), taken):
            return wanted._replace(text=text, turn=turn, stems=stems)
    return None


def _said(stems: frozenset[str], weights: Weights) -> float:
    """Return the mean share of turns that say the words."""
    return sum(weights.share(stem) for stem in stems) / len(stems)


def _longer(wanted: Phrase, turn: str, weights: Weights) -> Iterator[tuple[str, frozenset[str]]]:
    """Give the stretches of a turn that begin with what is to be done, and say more than the phrase."""
    for clause in clauses(turn):
        tokens = without_slots(clause.tokens, weights)
        for start, first in enumerate(tokens):
            if first.verb and first.stem in wanted.stems:
                yield from _stretches(wanted, tokens, start, weights)


def _stretches(
    wanted: Phrase, tokens: Sequence[Token], start: int, weights: Weights
) -> Iterator[tuple[str, frozenset[str]]]:
    """Give (text, stems) of the stretches from a token that are whole and say a few words more."""
    for end in range(start + 1, len(tokens) + 1):
        last = tokens[end - 1]
        common = last.held and not last.proper and not last.code  # "my laptop", though some write "a Laptop"
        if weights.ends(last) and not common:
            return
        stems = sense(tokens[start:end])
        more = len(stems - wanted.stems)
        if more > _MORE:
            return
        whole = last.part is Part.CONTENT and is_whole(tokens, end - 1, weights)
        if more and wanted.stems <= stems and whole:
            yield joined(tokens[start:end]), stems

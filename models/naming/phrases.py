"""Phrases that could name an intent, from its exemplary turns: what most of them share, as one puts it."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from groundswell.models.naming.clauses import Clause, clauses
from groundswell.models.naming.lexicon import Part
from groundswell.models.naming.phrase import Phrase, clause_phrases, rank
from groundswell.models.naming.sense import DENYING, all_said, sense
from groundswell.models.naming.weights import DENIED, NOUN, TOLD, Weights

_LONE = 0.65  # times what a question as it was put is worth, if it is the only one with its question word
_DENIED_BY_MOST = 0.5  # what most clauses with its words deny
_WEIGHED = 24  # phrases, the best, that are held against the clauses of all turns
_SHARED = 0.25  # for each doubling of the turns that say all of its words ...
_NAMED = 0.12  # ... or this, where it does not say what is to be done
_BEFORE = 0.5  # what is said to have been done, where something is asked to be: "I bought a camera, and ..."
_REPLY = 0.8  # what a turn says that may only answer what the agent asked
_CHEAPER = 0.25  # prices where no phrase is worth them
_TOLD_LESS = 0.3  # is what is told worth where every turn asks for something to be done
_MANY_DENY = 0.25  # of the turns: more deny something, or a denial is one user's own ...
_FEW_DENY = 0.8  # ... and a phrase that has one worth less
_NOUN_LESS = 0.5  # and what is neither


def phrases(
    examples: Sequence[str], weights: Weights, replies: Set[str] = frozenset(), *, cheap: bool = False
) -> list[Phrase]:
    """Return the phrases of exemplary turns, best first, each set of content words once.

    A phrase is worth more by each further turn that says all of its content words, wherever it says them.
    *replies*: of these turns, those that may only answer what the agent asked: a phrase of theirs is worth
    less. *cheap*: words have a lower price, for a mixture of needs, in which none is said by many.
    """
    texts = list(dict.fromkeys(examples))
    asking = sum(any(token.verb for clause in clauses(text) for token in clause.tokens) for text in texts)
    denying = sum(DENYING in all_said(text) for text in texts)
    share = asking / max(len(texts), 1)
    denied = DENIED if denying > _MANY_DENY * len(texts) else _FEW_DENY
    top = weights.top * (_CHEAPER if cheap else 1.0)
    told, noun = TOLD - _TOLD_LESS * share, NOUN - _NOUN_LESS * share
    return _priced(texts, replace(weights, told=told, noun=noun, denied=denied, top=top), replies)


def _priced(examples: Sequence[str], weights: Weights, replies: Set[str]) -> list[Phrase]:
    found = [clauses(text) for text in examples]
    variants: dict[frozenset[str], dict[str, Phrase]] = {}
    for text, turn in zip(examples, found, strict=True):
        for phrase in _of_turn(text, turn, weights, _REPLY if text in replies else 1.0):
            ways = variants.setdefault(phrase.stems, {})
            former = ways.get(phrase.way)
            ways[phrase.way] = phrase if former is None else _both(former, phrase)
    said = [all_said(text) for text in examples]
    shared = [
        phrase._replace(score=phrase.score * _shared(phrase, sum(stems <= turn for turn in said)))
        for stems, ways in variants.items()
        for phrase in [_usual(list(ways.values()))]
    ]
    shared.sort(key=rank)
    senses = [sense(clause.tokens) for turn in found for clause in turn]
    asking = Counter(one for turn in found for one in {clause.asked for clause in turn})
    shares = {one: turns / len(found) for one, turns in asking.items()}
    weighed = [_as_said(phrase, senses, shares) for phrase in shared[:_WEIGHED]]
    return sorted([*weighed, *shared[_WEIGHED:]], key=rank)


def _of_turn(text: str, turn: Sequence[Clause], weights: Weights, worth: float) -> list[Phrase]:
    """Return the phrases of a turn, each set of content words once in each way to put it."""
    best: dict[tuple[frozenset[str], str], Phrase] = {}
    asks = any(token.verb and token.part is Part.CONTENT for clause in turn for token in clause.tokens)
    for clause in turn:
        for phrase in clause_phrases(clause, weights):
            score = phrase.score * worth * (_BEFORE if asks and phrase.mine else 1.0)
            one = phrase._replace(score=score, turn=text, total=score)
            former = best.get((one.stems, one.way))
            if former is None or rank(one) < rank(former):
                best[one.stems, one.way] = one
    return list(best.values())


def _both(one: Phrase, other: Phrase) -> Phrase:
    return min(one, other, key=rank)._replace(total=one.total + other.total)


def _usual(ways: Sequence[Phrase]) -> Phrase:
    """Return the phrase in the way that most turns put its words, as worthy as in the best one.

    Where one says what is to be done, only these count, and those that ask.
    """
    acting = [one for one in ways if one.acts]
    told = acting if any(not one.asks for one in acting) else ways
    usual = min(told, key=lambda one: (-one.total, *rank(one)))
    return usual._replace(score=max(one.score for one in ways))


def _shared(phrase: Phrase, turns: int) -> float:
    """Return what it is worth that so many turns say all words of a phrase; its own does, however put."""
    return 1 + (_SHARED if phrase.acts else _NAMED) * math.log2(turns)


def _as_said(phrase: Phrase, senses: Sequence[Set[str]], asking: Mapping[str, float]) -> Phrase:
    """Return a phrase worth less if most clauses with its words deny them, or few turns ask what it asks.

    senses: of all clauses; asking: the share of turns with each word that asks.
    """
    score = phrase.score
    if DENYING not in phrase.stems:
        denying = [DENYING in each for each in senses if phrase.stems <= each]
        if 2 * sum(denying) > len(denying):
            score *= _DENIED_BY_MOST
    if phrase.asks:
        score *= _LONE + (1 - _LONE) * asking.get(phrase.asks, 0.0)
    return phrase if score == phrase.score else phrase._replace(score=score)

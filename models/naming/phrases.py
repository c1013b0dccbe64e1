"""Phrases that could name an intent, from its exemplary turns: what most of them share, as one puts it."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from typing import NamedTuple

from groundswell.models.naming.asked import as_put, question
from groundswell.models.naming.clauses import Clause, clauses
from groundswell.models.naming.lexicon import DENIALS, Part
from groundswell.models.naming.sense import DENYING, all_said, sense, sense_of
from groundswell.models.naming.stretches import is_sign, is_verb, stretches
from groundswell.models.naming.tokens import BREAK, Token
from groundswell.models.naming.weights import DENIED, NOUN, TOLD, Weights

_ERRAND = 1.6  # what begins with what is to be done
_OBJECT = 1.25  # with what is wanted
_ASKED = 1.1  # with the clause, or in one that asks
_BESIDE = 0.8  # with a clause beside another: "because I bought"
_PUT = 1.25  # a question as it was put ...
_LONE = 0.65  # ... times this, if it is the only one with its question word
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
_CLAUSE_PHRASES = 3  # of a clause that are compared


class Phrase(NamedTuple):
    """A stretch of a clause: its score, its words, their sense (stems, whether denied), and its turn.

    asks: the word that asks, if it is a question as it was put.
    acts: whether it asks, or says what is to be done, or what cannot be.
    mine: whether it opens with what is said to have been done.
    way: the word that weighs nothing with which it is put: "how", "get".
    total: its score, over all turns that put it so.
    """

    score: float
    text: str
    stems: frozenset[str]
    turn: str = ""
    asks: str = ""
    acts: bool = False
    mine: bool = False
    way: str = ""
    total: float = 0.0


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
    shared.sort(key=_rank)
    senses = [sense(clause.tokens) for turn in found for clause in turn]
    asking = Counter(one for turn in found for one in {clause.asked for clause in turn})
    shares = {one: turns / len(found) for one, turns in asking.items()}
    weighed = [_as_said(phrase, senses, shares) for phrase in shared[:_WEIGHED]]
    return sorted([*weighed, *shared[_WEIGHED:]], key=_rank)


def _of_turn(text: str, turn: Sequence[Clause], weights: Weights, worth: float) -> list[Phrase]:
    """Return the phrases of a turn, each set of content words once in each way to put it."""
    best: dict[tuple[frozenset[str], str], Phrase] = {}
    asks = any(token.verb and token.part is Part.CONTENT for clause in turn for token in clause.tokens)
    for clause in turn:
        for phrase in clause_phrases(clause, weights):
            score = phrase.score * worth * (_BEFORE if asks and phrase.mine else 1.0)
            one = phrase._replace(score=score, turn=text, total=score)
            former = best.get((one.stems, one.way))
            if former is None or _rank(one) < _rank(former):
                best[one.stems, one.way] = one
    return list(best.values())


def _both(one: Phrase, other: Phrase) -> Phrase:
    return min(one, other, key=_rank)._replace(total=one.total + other.total)


def _usual(ways: Sequence[Phrase]) -> Phrase:
    """Return the phrase in the way that most turns put its words, as worthy as in the best one.

    Where one says what is to be done, only these count, and those that ask.
    """
    acting = [one for one in ways if one.acts]
    told = acting if any(not one.asks for one in acting) else ways
    usual = min(told, key=lambda one: (-one.total, *_rank(one)))
    return usual._replace(score=max(one.score for one in ways))


def _shared(phrase: Phrase, turns: int) -> float:
    """Return what it is worth that so many turns say all words of a phrase; its own does, however put."""
    return 1 + (_SHARED if phrase.acts else _NAMED) * math.log2(max(turns, 1))


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


def _rank(phrase: Phrase) -> tuple[float, int, str]:
    return -phrase.score, len(phrase.text), phrase.text


def clause_phrases(clause: Clause, weights: Weights) -> list[Phrase]:
    """Return the stretches of a clause that name something, the best few, best first."""
    found: list[tuple[float, int, int]] = []
    tokens, denied = clause.tokens, False
    for start, first in enumerate(tokens):
        denied = (denied or (start > 0 and tokens[start - 1].part in DENIALS)) and not first.code
        if first.part > Part.DENIAL or denied or (start and weights.ends(tokens[start - 1])):
            continue
        form = _form(clause, start, weights)
        found += [(form * score, start, end) for score, end in stretches(tokens, start, weights)]
    found.sort(key=lambda one: (-one[0], one[1:]))
    best = [_phrase(clause, *one, weights) for one in found[:_CLAUSE_PHRASES]]
    if asked := question(clause, weights):
        worth, text, stems = asked
        best.append(Phrase(_PUT * worth, text, stems, asks=clause.asked, acts=True, way=clause.asked))
    return best


def _form(clause: Clause, start: int, weights: Weights) -> float:
    """Return what the place where a phrase starts is worth."""
    first = clause.tokens[start]
    if _acts(first, weights):
        return _ERRAND
    if first.errand:
        return _OBJECT
    if start and clause.tokens[start - 1].text == BREAK:
        return _BESIDE
    return _ASKED if clause.asks or start == 0 else 1.0


def _phrase(clause: Clause, score: float, start: int, end: int, weights: Weights) -> Phrase:
    tokens = clause.tokens
    chosen = tokens[_with_verb(tokens, start) : end]
    stems, acts = sense(chosen), _acts(tokens[start], weights)
    said = joined(chosen)
    text = as_put(clause, said)
    if text != said:
        stems = sense_of(text) | (stems & {DENYING})
        return Phrase(score, text, stems, asks=clause.asked, acts=True, way=clause.asked)
    if len(stems - {DENYING}) == 1 and tokens[start].lacked:
        text = f"{tokens[start].lacked} {text}"
    way = chosen[0].text.lower() if chosen[0].part is Part.LIGHT else ""
    return Phrase(score, text, stems, acts=acts, mine=not acts and chosen[0].told, way=way)


def _acts(first: Token, weights: Weights) -> bool:
    """Tell whether a word says what is to be done, or what cannot be."""
    return is_verb(first, weights) or (first.part is Part.DENIAL and weights.denied >= 1)


def _with_verb(tokens: Sequence[Token], start: int) -> int:
    """Return the start moved back to the verb of an errand: find, look for."""
    before = tokens[start - 1].part if start else None
    if before is Part.LIGHT:
        return start - 1
    if before is Part.INNER and start > 1 and tokens[start - 2].part is Part.LIGHT:
        return start - 2 if tokens[start - 1].text != "to" else start
    return start


def joined(tokens: Sequence[Token]) -> str:
    """Return tokens as text; characters that are written without spaces stand close."""
    text = ""
    for token in tokens:
        close = text and not text[-1].isascii() and is_sign(token.text)
        text += token.text if close or not text else f" {token.text}"
    return text

"""Phrases that could name an intent, from its exemplary turns: what most of them share, as one puts it."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from groundswell.models.naming.asked import as_put, question
from groundswell.models.naming.clauses import Clause, clauses
from groundswell.models.naming.lexicon import DENIALS, Part
from groundswell.models.naming.sense import DENYING, all_said, sense
from groundswell.models.naming.stretches import is_sign, is_verb, stretches
from groundswell.models.naming.tokens import BREAK, Token
from groundswell.models.naming.weights import DENIED, NOUN, TOLD, Weights

_ERRAND = 1.6  # what begins with what is to be done
_OBJECT = 1.25  # with what is wanted
_ASKED = 1.1  # with the clause, or in one that asks
_BESIDE = 0.8  # with a clause beside another: "because I bought"
_PUT = 1.25  # a question as it was put
_SHARED = 0.15  # for each doubling of the turns that say all of its words
_CHEAPER = 0.25  # prices where no phrase is worth them
_TOLD_LESS = 0.3  # is what is told worth where every turn asks for something to be done
_MANY_DENY = 0.25  # of the turns: more deny something, or a denial is one user's own ...
_FEW_DENY = 0.8  # ... and a phrase that has one worth less
_NOUN_LESS = 0.35  # and what is neither
_CLAUSE_PHRASES = 8  # of a clause that are compared


class Phrase(NamedTuple):
    """A stretch of a clause: its score, its words, their sense (stems, whether denied), and its turn."""

    score: float
    text: str
    stems: frozenset[str]
    turn: str = ""


def phrases(examples: Sequence[str], weights: Weights, *, cheap: bool = False) -> list[Phrase]:
    """Return the phrases of exemplary turns, best first, each set of content words once.

    A phrase is worth more by each further turn that says all of its content words, wherever it says them.
    *cheap*: words have a lower price, for a mixture of needs, in which none is said by many.
    """
    texts = list(dict.fromkeys(examples))
    asking = sum(any(token.verb for clause in clauses(text) for token in clause.tokens) for text in texts)
    denying = sum(DENYING in all_said(text) for text in texts)
    share = asking / max(len(texts), 1)
    denied = DENIED if denying > _MANY_DENY * len(texts) else _FEW_DENY
    top = weights.top * (_CHEAPER if cheap else 1.0)
    told, noun = TOLD - _TOLD_LESS * share, NOUN - _NOUN_LESS * share
    return _priced(texts, replace(weights, told=told, noun=noun, denied=denied, top=top))


def _priced(examples: Sequence[str], weights: Weights) -> list[Phrase]:
    best: dict[frozenset[str], Phrase] = {}
    said: list[frozenset[str]] = []
    for text in examples:
        found = clauses(text)
        said.append(all_said(text))
        for clause in found:
            for phrase in clause_phrases(clause, weights):
                former = best.get(phrase.stems)
                if former is None or _rank(phrase) < _rank(former):
                    best[phrase.stems] = phrase._replace(turn=text)
    shared = [
        phrase._replace(score=phrase.score * (1 + _SHARED * math.log2(sum(stems <= turn for turn in said))))
        for stems, phrase in best.items()
    ]
    return sorted(shared, key=_rank)


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
    best = [_phrase(clause, *one) for one in found[:_CLAUSE_PHRASES]]
    if asked := question(clause, weights):
        worth, text, stems = asked
        best.append(Phrase(_PUT * worth, text, stems))
    return best


def _form(clause: Clause, start: int, weights: Weights) -> float:
    """Return what the place where a phrase starts is worth."""
    first = clause.tokens[start]
    if is_verb(first, weights):
        return _ERRAND
    if first.errand:
        return _OBJECT
    if start and clause.tokens[start - 1].text == BREAK:
        return _BESIDE
    return _ASKED if clause.asks or start == 0 else 1.0


def _phrase(clause: Clause, score: float, start: int, end: int) -> Phrase:
    tokens = clause.tokens
    chosen = tokens[_with_verb(tokens, start) : end]
    stems = sense(chosen)
    text = as_put(clause, joined(chosen))
    if len(stems - {DENYING}) == 1 and tokens[start].lacked:
        text = f"{tokens[start].lacked} {text}"
    return Phrase(score, text, stems)


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

"""The phrases of one clause, and what each is worth where it stands."""

from collections.abc import Sequence
from typing import NamedTuple

from groundswell.models.naming.adjuncts import without_slots
from groundswell.models.naming.asked import as_put, question
from groundswell.models.naming.clauses import Clause
from groundswell.models.naming.lexicon import DENIALS, Part
from groundswell.models.naming.sense import DENYING, sense
from groundswell.models.naming.stretches import is_sign, is_verb, stretches
from groundswell.models.naming.tokens import BREAK, Token
from groundswell.models.naming.weights import Weights

_ERRAND = 1.6  # what begins with what is to be done
_OBJECT = 1.25  # with what is wanted
_ASKED = 1.1  # with the clause, or in one that asks
_BESIDE = 0.8  # with a clause beside another: "because I bought"
_PUT = 1.25  # a question as it was put
_CLAUSE_PHRASES = 3  # of a clause that are compared


class Phrase(NamedTuple):
    """A stretch of a clause: its score, its words, their sense (stems, whether denied), and its turn.

    asks: the word that asks, if it is a question as it was put.
    acts: whether it asks, or says what is to be done, or what cannot be.
    mine: whether it opens with what is said to have been done; told: whether it says something of something.
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
    told: bool = False
    way: str = ""
    total: float = 0.0


def rank(phrase: Phrase) -> tuple[float, int, str]:
    """Return what phrases are sorted by, best first."""
    return -phrase.score, len(phrase.text), phrase.text


def clause_phrases(clause: Clause, weights: Weights) -> list[Phrase]:
    """Return the stretches of a clause that name something, the best few, best first."""
    found: list[tuple[float, int, int]] = []
    clause = clause._replace(tokens=without_slots(clause.tokens, weights))
    tokens, denied = clause.tokens, False
    for start, first in enumerate(tokens):
        denied = (denied or (start > 0 and tokens[start - 1].part in DENIALS)) and not first.code
        if first.part > Part.DENIAL or denied or (start and weights.ends(tokens[start - 1])):
            continue
        if first.other and start + 1 < len(tokens) and tokens[start + 1].held:  # "someone [has] my card"
            continue
        form = _form(clause, start, weights)
        found += [(form * score, start, end) for score, end in stretches(tokens, start, weights)]
    found.sort(key=lambda one: (-one[0], one[1:]))
    best = [phrase for one in found[:_CLAUSE_PHRASES] if (phrase := _phrase(clause, *one, weights)).text]
    if asked := question(clause, weights):
        worth, text, stems = asked
        best.append(Phrase(_PUT * worth, text, stems, asks=clause.asked, acts=True, way=clause.asked))
    return best


def _form(clause: Clause, start: int, weights: Weights) -> float:
    """Return what the place where a phrase starts is worth."""
    first = clause.tokens[start]
    if _acts(clause.tokens, start, weights):
        return _ERRAND
    if first.errand:
        return _OBJECT
    if start and clause.tokens[start - 1].text == BREAK:
        return _BESIDE
    return _ASKED if clause.asks or start == 0 else 1.0


def _phrase(clause: Clause, score: float, start: int, end: int, weights: Weights) -> Phrase:
    tokens = clause.tokens
    chosen = tokens[_with_verb(tokens, start) : end]
    stems, acts = sense(chosen), _acts(tokens, start, weights)
    text = joined(chosen)
    if put := as_put(clause, text):
        return Phrase(score, put[0], stems | put[1], asks=clause.asked, acts=True, way=clause.asked)
    if len(stems - {DENYING}) == 1 and tokens[start].lacked:
        text = f"{tokens[start].lacked} {text}"
    way = chosen[0].text.lower() if chosen[0].part is Part.LIGHT else ""
    return Phrase(
        score,
        text,
        stems,
        acts=acts,
        mine=not acts and chosen[0].told,
        told=any(map(_is_told, chosen)),
        way=way,
    )


def _is_told(token: Token) -> bool:
    return token.told and token.part is Part.CONTENT


def _acts(tokens: Sequence[Token], place: int, weights: Weights) -> bool:
    """Tell whether a word says what is to be done, or what cannot be."""
    return is_verb(tokens, place, weights) or (tokens[place].part is Part.DENIAL and weights.denied >= 1)


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

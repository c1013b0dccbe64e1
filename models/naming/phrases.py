"""Phrases that could name an intent: the stretch of a clause that says most of what sets it apart.

A stretch is worth the weights of its words and pairs, less a price for each word, so that what few others
said is left out: a maximum-scoring segment (Bentley, 1984) over class-based TF-IDF (Grootendorst, 2022).
"""

import math
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

from groundswell.models.naming.clauses import BREAK, Clause, Token, clauses
from groundswell.models.naming.lexicon import DENIALS, Part

NAME_LIMIT = 60  # characters
PHRASE_WORDS = 9  # of a phrase
_SIGNS = 16  # or characters, where they are not spaced
_CONTENT_PRICE = 0.2  # of the strongest weight, for each content word
_OTHER_PRICE = 0.02  # and for each other word
_RARE_PRICE = 0.5  # and for a content word that hardly anybody else said
_PAIR = 0.5  # of a pair's weight counts
_ASKED = 1.1  # what is asked for, rather than told
_ERRAND = 1.6  # and what begins with what is to be done
_AGAIN = 0.15  # for each further turn that says the same
_ALONE = 0.6  # a single content word
_CUT = 0.8  # a phrase that ends before the next word of content
_NAMED = 100  # turns of the agent from which a capitalised word is no person's name ...
_PROPER = 5  # and which one turn of so many of the intent must say


@dataclass(frozen=True, slots=True)
class Weights:
    """What sets an intent apart from the agent's others.

    weight: of the stem of a word, or of a pair "a b".
    common: turns of the intent that say a stem.
    known: turns of the agent that say a stem.
    turns: turns of the intent.
    """

    weight: Mapping[str, float]
    common: Mapping[str, int]
    known: Mapping[str, int]
    turns: int
    top: float

    @classmethod
    def of(
        cls, own: Mapping[str, int], everywhere: Mapping[str, int], turns: int, all_turns: int
    ) -> "Weights":
        """Weigh the stems that `turns` turns of an intent say (own) against all of the agent's turns."""
        others = max(all_turns - turns, 1)
        weight = {}
        for term, count in own.items():
            here = min(1.0, count / max(turns, 1))
            there = max(everywhere.get(term, 0) - count, 0) / others
            weight[term] = here * math.log(1 + here / (there + 0.5 / others + 0.002))
        top = max((value for term, value in weight.items() if " " not in term), default=0.0)
        return cls(weight, own, everywhere, turns, top)

    @property
    def least(self) -> int:
        """Turns that must say a word for it to be no one's own: one where there are few, a twelfth else."""
        return 1 if self.turns < 4 else max(2, self.turns // 12)


class Phrase(NamedTuple):
    """A stretch of a clause: its score, its words, the stems of its content words, and its turn."""

    score: float
    text: str
    stems: frozenset[str]
    turn: str = ""


def phrases(examples: Iterable[str], weights: Weights) -> list[Phrase]:
    """Return the best phrase of each clause of exemplary turns, best first, each wording once."""
    best: dict[frozenset[str], Phrase] = {}
    times: dict[frozenset[str], int] = {}
    for text in examples:
        mine: dict[frozenset[str], Phrase] = {}
        for clause in clauses(text):
            if phrase := best_phrase(clause, weights):
                mine[phrase.stems] = min(phrase, mine.get(phrase.stems, phrase), key=_rank)
        for stems, phrase in mine.items():
            times[stems] = times.get(stems, 0) + 1
            phrase = phrase._replace(turn=text)
            best[stems] = min(phrase, best.get(stems, phrase), key=_rank)
    again = [
        phrase._replace(score=phrase.score * (1 + _AGAIN * min(times[stems] - 1, 3)))
        for stems, phrase in best.items()
    ]
    return sorted(again, key=_rank)


def _rank(phrase: Phrase) -> tuple[float, int, str]:
    return -phrase.score, len(phrase.text), phrase.text


def best_phrase(clause: Clause, weights: Weights) -> Phrase | None:
    """Return the stretch of a clause with the best score, if any names something."""
    found: tuple[float, int, int] | None = None
    tokens, denied = clause.tokens, False
    for start, first in enumerate(tokens):
        denied = (denied or (start > 0 and tokens[start - 1].part in DENIALS)) and not first.code
        if first.part > Part.DENIAL or denied or (start and _ends(tokens[start - 1], weights)):
            continue
        stretch = _best_from(tokens, start, weights)
        if stretch is None:
            continue
        score, end = stretch
        score *= _ERRAND if first.errand else _ASKED if clause.asks or start == 0 else 1.0
        if found is None or score > found[0]:
            found = score, start, end
    if found is None:
        return None
    score, start, end = found
    start = _with_verb(tokens, start)
    chosen = tokens[start:end]
    stems = frozenset(token.stem for token in chosen if token.part is Part.CONTENT)
    return Phrase(score, joined(chosen), stems)


def _best_from(tokens: Sequence[Token], start: int, weights: Weights) -> tuple[float, int] | None:
    """Return the best (score, end) of the stretches that begin at a token."""
    best: tuple[float, int] | None = None
    score, last, content, others, length = 0.0, "", set[str](), 0, 0
    widest = _SIGNS if is_sign(tokens[start].text) else PHRASE_WORDS
    for place in range(start, min(len(tokens), start + widest)):
        token = tokens[place]
        length += len(token.text) + 1
        if length > NAME_LIMIT + 1 or _ends(token, weights):
            break
        if token.part is not Part.CONTENT:
            others += token.part <= Part.PARTICLE
            score -= _OTHER_PRICE * weights.top
            if best is not None and best[1] == place and token.part is Part.PARTICLE:
                best = best[0], place + 1
            continue
        worth = _added(token, last, content, weights)
        if token.errand and place == start:  # a verb counts by how many say it, distinctive or not
            worth = weights.top * weights.common.get(token.stem, 0) / max(weights.turns, 1)
        score += worth
        last = token.stem
        content.add(token.stem)
        if len(content) < 2 and not others:
            continue
        total = score * (1.0 if len(content) > 1 else _ALONE)
        total *= _CUT if _goes_on(tokens, place) else 1.0
        if total > 0 and (best is None or total > best[0]):
            best = total, place + 1
    return best


def _goes_on(tokens: Sequence[Token], place: int) -> bool:
    """Return whether a word of content stands right after a place."""
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    return after is not None and after.part is Part.CONTENT and after.text != BREAK


def _added(token: Token, last: str, content: Set[str], weights: Weights) -> float:
    """Return what a content word adds to a phrase that has these stems, `last` the last of them."""
    if is_sign(token.text):  # characters count in pairs
        return _worth(last + token.stem, weights) if is_sign(last) else 0.0
    pair = _PAIR * weights.weight.get(f"{last} {token.stem}", 0.0)
    said = token.stem in content
    return pair + (-_CONTENT_PRICE * weights.top if said else _worth(token.stem, weights))


def is_sign(text: str) -> bool:
    """Return whether a text is one character that is written without spaces."""
    return len(text) == 1 and not text.isascii()


def _worth(stem: str, weights: Weights) -> float:
    if weights.common.get(stem, 0) < weights.least:
        return -_RARE_PRICE * weights.top
    return weights.weight.get(stem, 0.0) - _CONTENT_PRICE * weights.top


def _ends(token: Token, weights: Weights) -> bool:
    """Return whether no phrase crosses a word: a code, or what may be a name: capitalised, rarely said."""
    common = weights.common.get(token.stem, 0)
    if not token.proper:
        return token.code
    abbreviated = token.text.isupper() and len(token.text) <= 4  # ATM, JFK
    known = abbreviated or weights.known.get(token.stem, 0) >= _NAMED
    return not known or common * _PROPER < weights.turns


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

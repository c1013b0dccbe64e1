"""The words of a clause that may stand in a name, and what each does where it stands."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from groundswell.models.naming.lexicon import DENIALS, UNSPACED, Lexicon, Part
from groundswell.models.naming.roles import hinders, role
from groundswell.models.naming.slots import in_route

#: Signs that belong to the letter before them: vowels of Hindi, accents that stand alone.
_MARKS = "".join(
    sign
    for sign in map(chr, range(0x300, 0x10000))
    if unicodedata.category(sign)[0] == "M" and not re.match(f"[{UNSPACED}]", sign)
)
_SPELT = rf"[^\W\d_{UNSPACED}]+(?:[{_MARKS}]+[^\W\d_{UNSPACED}]*)*"
WORD = re.compile(rf"[{UNSPACED}]|{_SPELT}(?:['-]{_SPELT})*")
SHORTEST, LONGEST = 2, 24  # characters of a content word
_ABBREVIATION = 4  # characters
BREAK = ""  # stands where another clause begins
CODE = "\x00"  # stands for what names one thing of one user
CUT_OFF = "…"  # at the end of a text that was longer


class Capitals(Enum):
    """What a capital within a sentence shows: a name; a noun, as in German; nothing, where all is loud."""

    NAMES = 0
    NOUNS = 1
    LOUD = 2


class Token(NamedTuple):
    """A word as it was written, what it does, and its stem; `code` tokens end every phrase."""

    text: str
    part: Part
    stem: str
    code: bool = False
    proper: bool = False  # written as a name within a sentence
    label: bool = False  # written so, but after an article: "the Hilton Hotel"
    place: int = 0  # in its clause
    errand: bool = False  # what is asked to be done, or for: the word after "can you", "I want"
    verb: bool = False  # of these, what is asked to be done: after "can you", "I want to"
    told: bool = False  # what is said of something: after "I", "was", "isn't"
    lacked: str = ""  # of what is asked for, the word that asks, if it may open a name: "need"
    routed: str = ""  # of an abbreviation that is one of two names of a way, its stem: "from LAS to IAH"
    stands: bool = False  # a break that stands for what was told of before: "exchange it"
    binds: bool = False  # to what stands before: "number of"
    other: bool = False  # opens what is told of others: "someone"
    leads: bool = False  # tells of what stands before it by what follows: "connected to"
    held: bool = False  # an article stands right before it
    bare: bool = False  # no article before it, nor anything else of its clause but politeness


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the start that plain inflections of a word share: book, books, booked, booking, bookings."""
    word = word.removesuffix("'s")
    if word.endswith("ies") and len(word) > 5:
        word = word[:-3] + "y"
    for suffixes in (("s",), ("ing", "ed"), ("e",)):
        for suffix in suffixes:
            if word.endswith(suffix) and not word.endswith("ss") and len(word) - len(suffix) >= 3:
                word = word[: -len(suffix)]
                if suffix in ("ing", "ed") and word[-1] == word[-2] and word[-1] not in "aeiouls":
                    word = word[:-1]
                break
    return word[:-1] if word.endswith("ll") and len(word) > 5 else word


def tokens(raw: Sequence[str], lexicon: Lexicon, capitals: Capitals) -> Iterator[Token]:
    """Give what is left of a clause. Only what is left out parts an errand from a word that asks."""
    reader = _Reader(raw, lexicon, capitals)
    for place in range(len(raw)):
        yield from reader.read(place)


class _Reader:
    """Reads the words of a clause in order.

    asked: whether what comes is asked for; does: whether it is to be done; lacked: the word that asks for a
    thing. begun: whether something of the clause came before; gap: whether words were left out before
    what comes, not only articles; told: whether it is said of something; last: what the last word that is
    kept does.
    """

    def __init__(self, raw: Sequence[str], lexicon: Lexicon, capitals: Capitals) -> None:
        self.raw, self.lexicon, self.capitals = raw, lexicon, capitals
        self.asked = self.does = self.begun = self.gap = self.told = False
        self.last, self.lacked = Part.DROPPED, ""

    def read(self, place: int) -> Iterator[Token]:
        """Give the tokens of a word: itself, if it is kept, after a break, if a clause begins there."""
        word, lexicon = self.raw[place], self.lexicon
        low = word.lower()
        if not WORD.fullmatch(word):
            if word == CODE or word.isdigit():
                yield Token(CODE, Part.CONTENT, "", code=True)
            return
        part = role(self.raw, place, lexicon, self.last)
        asks = low in lexicon.asking and self.last not in DENIALS  # "I don't want to go"
        asks = asks and not hinders(self.raw, place, lexicon)
        if asks:
            self.asked, self.does = True, low not in lexicon.nominal
            self.lacked = low if low in lexicon.needs else ""
        elif low in lexicon.articles:
            self.does, self.begun = False, True
        if part is Part.DROPPED:
            said = not asks and low not in lexicon.articles
            self.told = said and low not in lexicon.addressed
            self.gap = self.gap or said
            self.begun = self.begun or lexicon.part(low) is Part.SUBJECT
            return
        hangs = self.gap and self.last is Part.INNER and not self.asked and part is not Part.DENIAL
        if part is None or hangs:  # "for something I bought", "a date to have it delivered"
            yield Token(BREAK, Part.CONTENT, "", code=True, stands=low in lexicon.anaphora)
        names = word[0].isupper() and self.capitals is Capitals.NAMES
        if names and in_route(self.raw, place, lexicon):
            yield Token(CODE, Part.CONTENT, "", code=True, routed=stem(low) if _is_short(word) else "")
        elif part is not None and (part is not Part.CONTENT or _fits(low)):
            yield self._token(word, place, part)
        self.last, self.begun = Part.DROPPED if part is None else part, True
        self.gap = False
        self.told = part in DENIALS or (lexicon.part(low) is Part.SUBJECT and low not in lexicon.addressed)
        linked = low in lexicon.links
        self.does = (self.does or linked) and low not in lexicon.nominal
        self.asked = self.asked and (part is Part.GENERIC or asks or linked)

    def _token(self, word: str, place: int, part: Part) -> Token:
        low = word.lower()
        verb = self.asked and self.does
        capital, label = self._is_capital(place), self._is_label(place)
        return Token(
            _surface(word, place, loud=self.capitals is Capitals.LOUD, close=low in self.lexicon.parts),
            part,
            stem(low),
            proper=capital and not label,
            label=capital and label,
            place=place,
            errand=self.asked,
            verb=verb,
            told=self.told or self.lexicon.part(low) is Part.SUBJECT,
            lacked=self.lacked if self.asked and not verb else "",
            binds=low in self.lexicon.binding,
            other=low in self.lexicon.others,
            leads=not (verb or self.told) and self._is_participle(low),
            held=place > 0 and self.raw[place - 1].lower() in self.lexicon.articles,
            bare=not self.begun,
        )

    def _is_participle(self, low: str) -> bool:
        return self.lexicon.participles is not None and bool(self.lexicon.participles.fullmatch(low))

    def _is_capital(self, place: int) -> bool:
        """Tell whether a word within a sentence is written with a capital, where that shows a name."""
        return place > 0 and self.raw[place][0].isupper() and self.capitals is Capitals.NAMES

    def _is_label(self, place: int) -> bool:
        """Tell whether words with capitals follow an article, as no person's name does: "a Makeup Kit"."""
        lexicon = self.lexicon
        while place > 0 and self.raw[place][0].isupper() and self.raw[place].lower() not in lexicon.articles:
            place -= 1
        before = self.raw[place].lower()
        return before in lexicon.articles and before not in lexicon.pronouns


def _is_short(word: str) -> bool:
    return word.isupper() and len(word) <= _ABBREVIATION


def _fits(word: str) -> bool:
    return len(word) <= LONGEST and (len(word) >= SHORTEST or not word.isascii())


def _surface(word: str, place: int, *, loud: bool, close: bool) -> str:
    """Return a word as it stands within a sentence, `close` where two words may be read as one."""
    low = word.lower()
    if close and "-" in low:
        return low.replace("-", " ")
    if low == "i":
        return "I"
    kept = word.isupper() and 1 < len(word) <= 4
    return word if kept or (place > 0 and not loud) else word.lower()

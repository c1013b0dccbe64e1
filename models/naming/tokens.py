"""The words of a clause that may stand in a name, and what each does where it stands."""

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from groundswell.models.naming.lexicon import DENIALS, UNSPACED, Lexicon, Part
from groundswell.models.naming.slots import in_route

WORD = re.compile(rf"[{UNSPACED}]|(?:(?![{UNSPACED}])[^\W\d_])+(?:['-](?:(?![{UNSPACED}])[^\W\d_])+)*")
SHORTEST, LONGEST = 2, 24  # characters of a content word
_ABBREVIATION = 4  # characters
BREAK = ""  # stands where another clause begins
CODE = "\x00"  # stands for what names one thing of one user
CUT_OFF = "…"  # at the end of a text that was longer
_SAID = (Part.CONTENT, Part.PARTICLE, *DENIALS)  # after which a phrase may be cut


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
    place: int = 0  # in its clause
    errand: bool = False  # what is asked to be done, or for: the word after "can you", "I want"
    verb: bool = False  # of these, what is asked to be done: after "can you", "I want to"
    told: bool = False  # what is said of something: after "I", "was", "isn't"
    lacked: str = ""  # of what is asked for, the word that asks, if it may open a name: "need"
    routed: str = ""  # of an abbreviation that is one of two names of a way, its stem: "from LAS to IAH"
    stands: bool = False  # a break that stands for what was told of before: "exchange it"
    binds: bool = False  # to what stands before: "number of"
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
        part = _part(self.raw, place, lexicon, self.last)
        asks = low in lexicon.asking and self.last not in DENIALS  # "I don't want to go"
        if asks:
            self.asked, self.does = True, low not in lexicon.nominal
            self.lacked = low if low in lexicon.needs else ""
        elif low in lexicon.articles:
            self.does, self.begun = False, True
        if part is Part.DROPPED:
            self.told = not asks and low not in lexicon.articles
            self.gap = self.gap or self.told
            self.begun = self.begun or lexicon.part(low) is Part.SUBJECT
            return
        hangs = self.gap and self.last is Part.INNER and not self.asked and part not in DENIALS
        if part is None or hangs:  # "for something I bought", "a date to have it delivered"
            yield Token(BREAK, Part.CONTENT, "", code=True, stands=low in lexicon.anaphora)
        names = word[0].isupper() and self.capitals is Capitals.NAMES
        if names and in_route(self.raw, place, lexicon):
            yield Token(CODE, Part.CONTENT, "", code=True, routed=stem(low) if _is_short(word) else "")
        elif part is not None and (part is not Part.CONTENT or _fits(low)):
            yield self._token(word, place, part)
        self.last, self.begun = Part.DROPPED if part is None else part, True
        self.gap = False
        self.told = part in DENIALS or lexicon.part(low) is Part.SUBJECT
        linked = low in lexicon.links
        self.does = (self.does or linked) and low not in lexicon.nominal
        self.asked = self.asked and (part is Part.GENERIC or asks or linked)

    def _token(self, word: str, place: int, part: Part) -> Token:
        low = word.lower()
        verb = self.asked and self.does
        return Token(
            _surface(word, place, loud=self.capitals is Capitals.LOUD),
            part,
            stem(low),
            proper=self._is_capital(place) and not self._is_label(place),
            place=place,
            errand=self.asked,
            verb=verb,
            told=self.told or self.lexicon.part(low) is Part.SUBJECT,
            lacked=self.lacked if self.asked and not verb else "",
            binds=low in self.lexicon.binding,
            bare=not self.begun,
        )

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


def _part(raw: Sequence[str], place: int, lexicon: Lexicon, last: Part) -> Part | None:
    """Return what a word does where it stands, `last` what the last one that is kept does.

    None where a new clause begins: "and I need", "the odds that".
    """
    low = raw[place].lower()
    part = lexicon.part(low)
    if low in lexicon.stops or (last in _SAID and _parts(raw, place, lexicon)):
        return None
    if part is Part.CONTENT:
        return part
    if (
        last < Part.GENERIC
        and low in lexicon.asking
        and low not in lexicon.nominal
        and _asks_on(raw, place, lexicon)
    ):
        return None
    if low in lexicon.others:
        return Part.DROPPED if place and raw[place - 1].lower() in lexicon.asking else Part.LIGHT
    if part is Part.SUBJECT:
        told = place > 0 and lexicon.part(raw[place - 1].lower()) is Part.CONTENT
        if told or _denies(raw, place, lexicon):
            return Part.INNER
        return None if last in _SAID else Part.DROPPED  # "return things I bought"
    if part is Part.DROPPED and place and lexicon.part(raw[place - 1].lower()) is Part.SUBJECT:
        denied = lexicon.part(raw[place + 1].lower()) if place + 1 < len(raw) else None
        return Part.INNER if denied in DENIALS else part  # "payment I did not make"
    if low in lexicon.helpers and place and lexicon.part(raw[place - 1].lower()) in DENIALS:
        return Part.INNER
    if part is Part.INNER and _joins(raw, place, lexicon):
        return None
    return part


def _parts(raw: Sequence[str], place: int, lexicon: Lexicon) -> bool:
    """Tell whether no phrase goes on after a word: "who", "that I", "that is"; but "that I don't"."""
    low = raw[place].lower()
    if low not in lexicon.gaps and low not in lexicon.pronouns:
        return False
    after = raw[place + 1].lower() if place + 1 < len(raw) else ""
    told = lexicon.part(after) is Part.SUBJECT
    if told and _denies(raw, place + 1, lexicon):
        return False
    stands = told or not after or lexicon.part(after) is Part.INNER
    stands = stands or (lexicon.part(after) is Part.DROPPED and after not in lexicon.articles)
    return low in lexicon.gaps or (stands and low in lexicon.pronouns)


def _asks_on(raw: Sequence[str], place: int, lexicon: Lexicon) -> bool:
    return place + 1 < len(raw) and lexicon.part(raw[place + 1].lower()) is Part.SUBJECT


def _denies(raw: Sequence[str], place: int, lexicon: Lexicon) -> bool:
    """Tell whether a denial follows a word, at once or after "did"."""
    after = [lexicon.part(word.lower()) for word in raw[place + 1 : place + 3]]
    return bool(after) and (after[0] in DENIALS or (after[0] is Part.DROPPED and after[-1] in DENIALS))


def _joins(raw: Sequence[str], place: int, lexicon: Lexicon) -> bool:
    """Tell whether a word joins another clause to what is before it: "and I", "and now I'm", "before I"."""
    if raw[place].lower() not in lexicon.joints:
        return False
    for word in (one.lower() for one in raw[place + 1 : place + 4]):
        part = lexicon.part(word)
        speaks = part is Part.SUBJECT or word in lexicon.others
        if speaks or word in lexicon.asking or (part is Part.DROPPED and "'" in word):
            return True
        if part not in (Part.DROPPED, Part.INNER) or word in lexicon.articles:
            return False
    return False


def _is_short(word: str) -> bool:
    return word.isupper() and len(word) <= _ABBREVIATION


def _fits(word: str) -> bool:
    return len(word) <= LONGEST and (len(word) >= SHORTEST or not word.isascii())


def _surface(word: str, place: int, *, loud: bool) -> str:
    """Return a word as it stands within a sentence."""
    low = word.lower()
    if low.startswith("how-"):
        return low.replace("-", " ")
    if low == "i":
        return "I"
    kept = word.isupper() and 1 < len(word) <= 4
    return word if kept or (place > 0 and not loud) else word.lower()

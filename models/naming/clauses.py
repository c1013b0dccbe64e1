"""The clauses of a turn, as the words that may stand in a name."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from groundswell.models.naming.lexicon import DENIALS, UNSPACED, Lexicon, Part, lexicon_of
from groundswell.models.reading.language import spoken

PLACEHOLDER = re.compile(r"\[[a-z][a-z0-9_ -]{0,23}\]")  # what redaction leaves: [email], [phone], ...
LINK = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w+")
WORD = re.compile(rf"[{UNSPACED}]|(?:(?![{UNSPACED}])[^\W\d_])+(?:['-](?:(?![{UNSPACED}])[^\W\d_])+)*")
_PIECE = re.compile(rf"{WORD.pattern}|\S")
_CLAUSE_END = re.compile(
    r"(?<!\b[DdMmSs][rt])(?<!\bMrs)[.!?;:…]+(?:\s|$)|[,\n()\"“”。！？，、；：،؛؟।–—]+|\s-+\s"
)
_CODED = re.compile(r"[\d_]|[A-Z]{5}")
_CAPITALS = re.compile(r"[A-Z]{5,}")  # IFOYYZ; a text all in capitals is only loud
_TURN_READ = 4_096  # characters
SHORTEST, LONGEST = 2, 24  # characters of a content word
_HOW = re.compile(r"\b(how) (long|much|many)\b", re.IGNORECASE)  # one word, which asks for a measure
BREAK = ""  # stands where another clause begins
CODE = "\x00"  # stands for what names one thing of one user
#: Words of one clause that are read.
_CLAUSE_WORDS = 40


class Token(NamedTuple):
    """A word as it was written, what it does, and its stem; `code` tokens end every phrase."""

    text: str
    part: Part
    stem: str
    code: bool = False
    proper: bool = False  # written as a name within a sentence
    place: int = 0  # in its clause
    errand: bool = False  # what is asked to be done, or for: the word after "can you", "I want to"


class Clause(NamedTuple):
    """The words that are left of a clause, and whether what was left out asks for something."""

    tokens: tuple[Token, ...]
    asks: bool


def normal(text: str) -> str:
    """Return text in its compatibility form with plain apostrophes, placeholders and links as codes."""
    plain = text[:_TURN_READ].replace(CODE, " ")
    if not plain.isascii():
        plain = unicodedata.normalize("NFKC", plain).replace("’", "'").replace("‘", "'")
    if "[" in plain:
        plain = PLACEHOLDER.sub(f" {CODE} ", plain)
    return LINK.sub(f" {CODE} ", plain) if "@" in plain or "/" in plain or "www." in plain else plain


def is_code(token: str) -> bool:
    """Return whether a token names one thing of one user: K1NW8N, #W2378156, omar_rossi_1241."""
    return "_" in token or (any(c.isdigit() for c in token) and any(c.isalpha() for c in token))


def uncoded(text: str) -> str:
    """Return normal text with every code as one sign."""
    if not _CODED.search(text):
        return text
    loud = text.isupper()
    return " ".join(
        CODE if is_code(token) or (not loud and _CAPITALS.fullmatch(token.strip(".,!?;:()"))) else token
        for token in text.split(" ")
    )


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


@lru_cache(maxsize=4_096)
def clauses(text: str) -> tuple[Clause, ...]:
    """Return the clauses of a turn that say something, in order; those that say who one is are left out."""
    whole = uncoded(normal(text))
    if whole.isupper():
        whole = whole.lower()
    lower = [match.group() for match in WORD.finditer(whole.lower())]
    lexicon = lexicon_of(lower)
    german = [language.code for language in spoken(lower)] == ["de"]
    found = []
    for piece in _CLAUSE_END.split(whole):
        if piece.strip() and not _says_who(piece, lower):
            clause = _clause(piece, lexicon, nouns_capital=german)
            if clause.tokens:
                found.append(clause)
    return tuple(found)


def _says_who(piece: str, lower: list[str]) -> bool:
    plain = " ".join(match.group() for match in WORD.finditer(piece.lower()))
    return any(language.acts.identity.search(plain) for language in spoken(lower))


def _clause(piece: str, lexicon: Lexicon, *, nouns_capital: bool) -> Clause:
    cut = lexicon.cut.sub(" ", piece) if lexicon.cut else piece
    if lexicon.frames is not None:
        cut = lexicon.frames.sub(" ", cut)
    cut = _HOW.sub(r"\1-\2", cut)
    raw = [match.group() for match in _PIECE.finditer(cut)][:_CLAUSE_WORDS]
    tokens = list(_tokens(raw, lexicon, nouns_capital=nouns_capital))
    hanging = [
        token.part is Part.INNER and after.part is Part.INNER and after.place > token.place + 1
        for token, after in pairwise(tokens)
    ]
    kept = tuple(token for token, hangs in zip(tokens, [*hanging, False], strict=False) if not hangs)
    return Clause(kept, any(word.lower() in lexicon.asking for word in raw))


def _tokens(raw: list[str], lexicon: Lexicon, *, nouns_capital: bool) -> Iterator[Token]:
    """Give what is left of a clause. Only what is left out parts an errand from a word that asks."""
    shouted = sum(word[0].isupper() for word in raw) > max(2, len(raw) // 2)
    asked = False
    for place, word in enumerate(raw):
        low = word.lower()
        if not WORD.fullmatch(word):
            if word == CODE or word.isdigit():
                yield Token(CODE, Part.CONTENT, "", code=True)
            continue
        part = _part(raw, place, lexicon)
        if part is Part.DROPPED or low in lexicon.asking:
            asked = asked or low in lexicon.asking
        if part is Part.DROPPED:
            continue
        if part is None:
            yield Token(BREAK, Part.CONTENT, "", code=True)
        elif part is not Part.CONTENT or _fits(low):
            proper = place > 0 and word[0].isupper() and not shouted and not nouns_capital
            surface = _surface(word, place, shouted=shouted)
            yield Token(surface, part, stem(low), proper=proper, place=place, errand=asked)
        asked = asked and (part is Part.GENERIC or low in lexicon.asking or low in lexicon.links)


def _part(raw: list[str], place: int, lexicon: Lexicon) -> Part | None:
    """Return what a word does where it stands; None where a new clause begins: "and I need"."""
    low = raw[place].lower()
    part = lexicon.part(low)
    after = raw[place + 1].lower() if place + 1 < len(raw) else ""
    if low in lexicon.stops:
        return None
    if part is Part.SUBJECT:
        return Part.INNER if lexicon.part(after) in DENIALS else Part.DROPPED
    if low in lexicon.helpers and place and lexicon.part(raw[place - 1].lower()) in DENIALS:
        return Part.LIGHT
    if part is Part.INNER and low in lexicon.joints:
        begins = lexicon.part(after) is Part.SUBJECT or after in lexicon.asking
        contracted = "'" in after and lexicon.part(after) is Part.DROPPED
        return None if begins or contracted else part
    return part


def _fits(word: str) -> bool:
    return len(word) <= LONGEST and (len(word) >= SHORTEST or not word.isascii())


def _surface(word: str, place: int, *, shouted: bool) -> str:
    """Return a word as it stands within a sentence."""
    if word.lower().startswith("how-"):
        return word.lower().replace("-", " ")
    kept = word.isupper() and 1 < len(word) <= 4
    return word if kept or (place > 0 and not shouted) else word.lower()

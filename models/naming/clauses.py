"""The clauses of a turn, as the words that may stand in a name."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from groundswell.models.naming.antecedents import errands
from groundswell.models.naming.lexicon import Lexicon, Part, lexicon_in
from groundswell.models.naming.tokens import CODE, CUT_OFF, WORD, Capitals, Token, stem, tokens
from groundswell.models.reading.language import Language, spoken

PLACEHOLDER = re.compile(r"\[[a-z][a-z0-9_ -]{0,23}\]")  # what redaction leaves: [email], [phone], ...
LINK = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w+")
_UNFINISHED = Token(CUT_OFF, Part.CONTENT, "", code=True)
_PIECE = re.compile(rf"{WORD.pattern}|\S")
_CLAUSE_END = re.compile(
    r"(?<!\b[DdMmSs][rt])(?<!\bMrs)[.!?;:…]+(?:\s|$)|[,\n()\"“”。！？，、；：،؛؟।–—]+|\s-+\s"
)
_CODED = re.compile(r"[\d_]|[A-Z]{5}")
_CAPITALS = re.compile(r"[A-Z]{5,}")  # IFOYYZ; a text all in capitals is only loud
_TURN_READ = 4_096  # characters
#: Words of one clause that are read.
_CLAUSE_WORDS = 40
_NAME_WORDS = 3  # of a person's name
_LOUD = 0.6  # of a turn's words that begin with a capital: none of them shows a name


class Clause(NamedTuple):
    """The words that are left of a clause, whether what was left out asks, and the question as it was put."""

    tokens: tuple[Token, ...]
    asks: bool
    question: tuple[str, ...] = ()
    verb: int = 0  # words of the question before which its verb cannot stand: "how long do transfers [take]"

    @property
    def asked(self) -> str:
        """The word that asks: "what" of "what's"; empty where nothing is asked."""
        return Lexicon.first_word(self.question[0]) if self.question else ""


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


def clauses(text: str) -> tuple[Clause, ...]:
    """Return the clauses of a turn that say something, in order; those that say who one is are left out."""
    return _read(text)[0]


def introduced(text: str) -> frozenset[str]:
    """Return the stems of the words by which a turn may say who one is: the few that end "my name is ..."."""
    return _read(text)[1]


@lru_cache(maxsize=4_096)
def _read(text: str) -> tuple[tuple[Clause, ...], frozenset[str]]:
    whole = uncoded(normal(text))
    if whole.isupper():
        whole = whole.lower()
    lower = [match.group() for match in WORD.finditer(whole.lower())]
    languages = spoken(lower)
    lexicon, capitals = lexicon_in(languages), _capitals(whole, languages)
    found, names = [], list[str]()
    for piece in filter(str.strip, _CLAUSE_END.split(whole)):
        who = _says_who(piece, languages)
        if who is None:
            clause = _clause(piece, lexicon, capitals)
            found += [clause] if clause.tokens else []
        elif who and len(who) <= _NAME_WORDS and lexicon.part(who[0]) is not Part.INNER:
            names += [word for word in who if lexicon.part(word) is Part.CONTENT]
    if text.endswith(CUT_OFF) and found:
        found[-1] = found[-1]._replace(tokens=(*found[-1].tokens, _UNFINISHED), question=())
    if any(token.stands for clause in found for token in clause.tokens):
        found += [Clause(each, asks=True) for each in errands([clause.tokens for clause in found])]
    return tuple(found), frozenset(map(stem, names))


def _capitals(text: str, languages: Sequence[Language]) -> Capitals:
    words = WORD.findall(text)
    if sum(word[0].isupper() for word in words) > max(2, _LOUD * len(words)):
        return Capitals.LOUD
    return Capitals.NOUNS if [language.code for language in languages] == ["de"] else Capitals.NAMES


def _says_who(piece: str, languages: Sequence[Language]) -> list[str] | None:
    """Return the words of a piece after "my name is", if it says that."""
    plain = " ".join(WORD.findall(piece.lower()))
    for language in languages:
        found = language.acts.identity.search(plain)
        if found is None:
            continue
        before, after = plain[: found.start()].split(), plain[found.end() :].split()
        if after or len(before) <= _NAME_WORDS:  # "hi, I'm Mark", not "... and now I'm lost"
            return after
    return None


def _clause(piece: str, lexicon: Lexicon, capitals: Capitals) -> Clause:
    cut = lexicon.cut.sub(" ", piece) if lexicon.cut else piece
    if lexicon.frames is not None:
        cut = lexicon.frames.sub(" ", cut)
    if lexicon.close is not None:
        cut = lexicon.close.sub(_one_word, cut)
    raw = _words(cut)
    asked = _question(raw if cut == piece else _words(piece), lexicon)
    found = list(tokens(raw, lexicon, capitals))
    hanging = [
        token.part is Part.INNER
        and after.part is Part.INNER
        and (after.place > token.place + 1 or token.text in lexicon.links)
        for token, after in pairwise(found)
    ]
    kept = tuple(token for token, hangs in zip(found, [*hanging, False], strict=False) if not hangs)
    return Clause(kept, any(word.lower() in lexicon.asking for word in raw), asked, _verb(asked, lexicon))


def _verb(asked: Sequence[str], lexicon: Lexicon) -> int:
    """Return how many words of a question stand before its verb at least: its auxiliary and a subject."""
    aux = next((at for at, word in enumerate(asked[:4]) if word.lower() in lexicon.auxiliaries), None)
    if aux is None:
        return 0
    subject = next(
        (at for at in range(aux + 1, len(asked)) if asked[at].lower() not in lexicon.articles), aux
    )
    return subject + 1


def _one_word(words: re.Match[str]) -> str:
    return words.group().replace(" ", "-")


def _words(piece: str) -> list[str]:
    return _PIECE.findall(piece)[:_CLAUSE_WORDS]


def _question(raw: Sequence[str], lexicon: Lexicon) -> tuple[str, ...]:
    """Return the words of a piece from the one that asks for an answer: "what will the weather be like"."""
    start = next((at for at, word in enumerate(raw) if lexicon.first_word(word) in lexicon.questions), None)
    if start is None or any(lexicon.part(word.lower()) is Part.CONTENT for word in raw[:start]):
        return ()
    again = any(lexicon.first_word(word) in lexicon.questions for word in raw[start + 1 :])
    return () if again else tuple(raw[start:])

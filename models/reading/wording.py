"""The words of a turn, as every reader of phrases sees them."""

import re
from dataclasses import dataclass

#: Long texts are read at both ends: what a person or an agent wants is at the start or at the end.
HEAD, TAIL = 400, 200

_NOT_WORDS = re.compile(r"[^\w\s']+")
# Scripts without spaces: Han, Hiragana, Katakana. Each character counts as a word.
_UNSPACED = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])")


def fold(text: str) -> str:
    """Return *text* with typographic apostrophes as plain ones."""
    return text if text.isascii() else text.replace("’", "'").replace("‘", "'")


def ends(text: str) -> str:
    """Return the first 400 and the last 200 characters of a long text; a short one as it is."""
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]} \n {text[-TAIL:]}"


def spaced(text: str) -> str:
    """Return *text* with each Chinese or Japanese character set apart as a word."""
    return text if text.isascii() else _UNSPACED.sub(r" \1 ", text)


def encodable(text: str) -> str:
    """Return *text* with lone surrogates, which no UTF-8 has, as question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True, slots=True)
class Wording:
    """A text's first 400 characters in lower case, without punctuation, and as words."""

    plain: str
    words: list[str]
    has_question_mark: bool

    @classmethod
    def of(cls, text: str) -> "Wording":
        """Read *text*; a Chinese or Japanese character is a word of its own."""
        start = fold(text[:HEAD])
        words = _NOT_WORDS.sub(" ", spaced(start).lower()).split()
        return cls(" ".join(words), words, "?" in start or "？" in start)

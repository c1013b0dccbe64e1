"""The words of a turn, as every reader of phrases sees them."""

import re
from dataclasses import dataclass

#: Long texts are read at both ends: what a person or an agent wants is at the start or at the end.
HEAD, TAIL = 400, 200

_SENTENCE_END = re.compile(r"[.!?;,…]+(?:\s|$)|[\n。！？，、؟،।]+")
_NOT_WORDS = re.compile(r"[^\w\s']+")
# Scripts without spaces: Han, Hiragana, Katakana, Thai. Each character counts as a word.
_UNSPACED = re.compile(r"([\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_OTHER_LETTER = re.compile(r"[^\W\d_A-Za-z\u00aa-\u024f]")
# Combining marks (Hindi vowel signs, Arabic points) are no word characters to `re`, but belong to words.
_MARKS = re.compile(r"[\u0300-\u036f\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963]")


def fold(text: str) -> str:
    """Return *text* with typographic apostrophes as plain ones."""
    return text if text.isascii() else text.replace("’", "'").replace("‘", "'")


def ends(text: str) -> str:
    """Return the first 400 and the last 200 characters of a long text; a short one as it is."""
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]} \n {text[-TAIL:]}"


def spaced(text: str) -> str:
    """Return *text* with each Chinese, Japanese or Thai character set apart as a word."""
    return text if text.isascii() else _UNSPACED.sub(r" \1 ", text)


def encodable(text: str) -> str:
    """Return *text* with lone surrogates, which no UTF-8 has, as question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True, slots=True)
class Wording:
    """A text's first 400 characters in lower case, without punctuation: a line a clause, and as words.

    `is_latin` is false where most letters are of another script, whose words no data file has.
    """

    plain: str
    words: list[str]
    has_question_mark: bool
    is_latin: bool = True

    @classmethod
    def of(cls, text: str) -> "Wording":
        """Read *text*; a Chinese or Japanese character is a word of its own."""
        start = fold(text[:HEAD])
        foreign = not start.isascii()
        letters = spaced(_MARKS.sub("", start)) if foreign else start
        lines = _NOT_WORDS.sub(" ", _SENTENCE_END.sub("\n", letters).lower()).split("\n")
        split = [words for words in map(str.split, lines) if words]
        return cls(
            "\n".join(map(" ".join, split)),
            [word for words in split for word in words],
            "?" in start or "？" in start or "؟" in start,
            not foreign or len(_OTHER_LETTER.findall(start)) <= len(_LATIN.findall(start)),
        )

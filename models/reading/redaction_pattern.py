"""What a pattern of sensitive text is, and the view of a text that all patterns share.

A view computes each cheap fact about a text once (its lower case, where digits stretch), so that a
pattern which cannot match costs a tenth of a microsecond.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

Span = tuple[int, int]

#: Digits with separators among them: what every number that identifies somebody is part of.
_STRETCH = re.compile(r"\d[\d .()/-]{4,}\d")
_DIGIT = re.compile(r"\d")
_FEWEST = 6
#: Characters around a stretch that belong to it: a country code and bracket before, a check letter after.
_BEFORE, _AFTER = 4, 6
#: Longest stretch between the beginning of a word that names a secret and its mark.
_WORD = 24
#: A French number from Corsica has a letter in its middle.
_CORSICA = 18


class Stretch(NamedTuple):
    """Where digits stretch (first, last), how many, and all that may belong to them (start, end)."""

    first: int
    last: int
    digits: int
    start: int
    end: int


class View:
    """A text and what is known of it at a glance.

    `low` is the text in lower case: for a look, not for places, since some letters grow. `stretches` are
    where six digits or more stretch, `most_digits` the digits of the longest.
    """

    __slots__ = ("_named", "has_digit", "low", "most_digits", "stretches", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.low = text.lower()
        self.has_digit = _DIGIT.search(text) is not None
        every = map(self._stretch, _STRETCH.finditer(text)) if self.has_digit else ()
        self.stretches = [stretch for stretch in every if stretch.digits >= _FEWEST]
        self.most_digits = max((stretch.digits for stretch in self.stretches), default=0)
        self._named: dict[tuple[str, ...], bool] = {}

    def names(self, marks: tuple[str, ...]) -> bool:
        """Return whether one of *marks* is in the text, in any case."""
        known = self._named.get(marks)
        if known is None:
            known = self._named[marks] = self._look(marks)
        return known

    def _look(self, marks: tuple[str, ...]) -> bool:
        low = self.low
        for mark in marks:  # noqa: SIM110 (a generator costs as much as the look)
            if mark in low:
                return True
        return False

    def _stretch(self, match: re.Match[str]) -> Stretch:
        first, last = match.span()
        found = match.group()
        digits = len(found) if found.isdecimal() else sum(map(str.isdecimal, found))
        more = _CORSICA if self.text[last : last + 1] in ("A", "B", "a", "b") else _AFTER
        return Stretch(first, last, digits, max(0, first - _BEFORE), last + more)


class Pattern(Protocol):
    """One kind of sensitive text."""

    @property
    def name(self) -> str:
        """How settings call it."""
        ...

    @property
    def placeholder(self) -> str:
        """What stands in its place."""
        ...

    def spans(self, view: View) -> list[Span]:
        """Return where it is, in order and without overlap."""
        ...


def whole(match: re.Match[str]) -> Span | None:
    """Return the span of the group ``secret``, if the pattern has one, else of the match."""
    return match.span("secret") if "secret" in match.re.groupindex else match.span()


@dataclass(frozen=True, slots=True)
class TextPattern:
    """A kind that is looked for in the whole text, if `possible` says that it may be there.

    `secret` gives the part of a match to be replaced, or None where the match is none after all.
    """

    name: str
    placeholder: str
    regex: re.Pattern[str]
    possible: Callable[[View], bool]
    secret: Callable[[re.Match[str]], Span | None] = whole

    def spans(self, view: View) -> list[Span]:
        """Return where it is."""
        return found(self.regex, self.secret, view.text) if self.possible(view) else []


@dataclass(frozen=True, slots=True)
class NamedPattern:
    """A kind that is told by a word before it: looked for only where such a word is.

    `marks` are in every text that has one of the words (lower case), `word` finds one, and `regex`
    matches from the word on.
    """

    name: str
    placeholder: str
    marks: tuple[str, ...]
    word: re.Pattern[str]
    regex: re.Pattern[str]
    secret: Callable[[re.Match[str]], Span | None] = whole
    with_digit: bool = True

    def spans(self, view: View) -> list[Span]:
        """Return where it is."""
        if (self.with_digit and not view.has_digit) or not view.names(self.marks):
            return []
        spans: list[Span] = []
        done = 0
        for start in self._words(view):
            if start < done:
                continue
            match = self.regex.match(view.text, start)
            span = self.secret(match) if match else None
            if span is not None:
                spans.append(span)
                done = span[1]
        return spans

    def _words(self, view: View) -> list[int]:
        """Return where the words begin: each is looked for around its mark only."""
        text, low = view.text, view.low
        if len(low) != len(text):  # a letter grew: places in one are none in the other
            return [word.start() for word in self.word.finditer(text)]
        starts: set[int] = set()
        for mark in self.marks:
            at = low.find(mark)
            while at >= 0:
                near = max(0, at - _WORD), at + len(mark) + _WORD
                starts.update(word.start() for word in self.word.finditer(text, *near))
                at = low.find(mark, at + len(mark))
        return sorted(starts)


@dataclass(frozen=True, slots=True)
class NumberPattern:
    """A kind that has at least `digits` digits, and is looked for only where digits stretch.

    With `most`, a stretch of more is none; with `marks`, one of them must be in the text; `near` judges
    from the text and the stretch whether it is worth a look.
    """

    name: str
    placeholder: str
    digits: int
    regex: re.Pattern[str]
    secret: Callable[[re.Match[str]], Span | None] = whole
    most: int = 2**31
    marks: tuple[str, ...] = ()
    near: Callable[[str, Stretch], bool] | None = None
    reach: tuple[int, int] = (0, 0)

    def spans(self, view: View) -> list[Span]:
        """Return where it is."""
        if view.most_digits < self.digits or (self.marks and not view.names(self.marks)):
            return []
        spans: list[Span] = []
        for stretch in view.stretches:
            if self.digits <= stretch.digits <= self.most and (
                self.near is None or self.near(view.text, stretch)
            ):
                start = max(stretch.start - self.reach[0], spans[-1][1] if spans else 0)
                spans += found(self.regex, self.secret, view.text, start, stretch.end + self.reach[1])
        return spans


def found(
    regex: re.Pattern[str],
    secret: Callable[[re.Match[str]], Span | None],
    text: str,
    start: int = 0,
    end: int | None = None,
) -> list[Span]:
    """Return the spans of the secrets in *text*; where `secret` refuses, the search goes on one further."""
    end = len(text) if end is None else end
    spans: list[Span] = []
    while match := regex.search(text, start, end):
        span = secret(match)
        if span is None or span[0] == span[1]:
            start = match.start() + 1
        else:
            spans.append(span)
            start = span[1]
    return spans


def replaced(text: str, spans: list[Span], placeholder: str) -> str:
    """Return *text* with *placeholder* in place of each span."""
    pieces, done = [], 0
    for start, end in spans:
        pieces += [text[done:start], placeholder]
        done = end
    return "".join([*pieces, text[done:]])

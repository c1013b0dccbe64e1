"""What a pattern of sensitive text is: found in the whole text, after a word, or where digits stretch."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from groundswell.models.reading.redaction_view import Stretch, View

Span = tuple[int, int]

#: Longest stretch between the beginning of a word that names a secret and its mark.
_WORD = 24
_A_TO_Z = frozenset("abcdefghijklmnopqrstuvwxyz")


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

    `secret` gives the part of a match to be replaced, or None where the match is none after all. A text
    with fewer than `least_digits` has none. With `anchors`, each match has one of these within its first
    `reach` characters.
    """

    name: str
    placeholder: str
    regex: re.Pattern[str]
    possible: Callable[[View], bool]
    secret: Callable[[re.Match[str]], Span | None] = whole
    least_digits: int = 0
    anchors: tuple[str, ...] = ()
    reach: int = 0

    def spans(self, view: View) -> list[Span]:
        """Return where it is."""
        if view.digits < self.least_digits or not self.possible(view):
            return []
        if self.anchors:
            return self._near_anchors(view.text)
        return found(self.regex, self.secret, view.text)

    def _near_anchors(self, text: str) -> list[Span]:
        """Return the same as a search of the whole text, which is left out where no anchor is near."""
        spans: list[Span] = []
        start = 0
        while places := [at for at in (text.find(anchor, start) for anchor in self.anchors) if at >= 0]:
            match = self.regex.search(text, max(start, min(places) - self.reach))
            if match is None:
                break
            span = self.secret(match)
            spans += [] if span is None or span[0] == span[1] else [span]
            start = span[1] if span is not None and span[0] < span[1] else match.start() + 1
        return spans


@dataclass(frozen=True, slots=True)
class NamedPattern:
    """A kind that is told by a word before it: looked for only where such a word is.

    `possible` says whether it may be there at all; `marks` are in every text that has one of the words (lower
    case), `word` finds one around a mark, and `regex` matches from the word on. No word with a mark of
    `final` goes on after it. Without a `word`, the marks themselves are where `regex` begins, and no
    letter of a to z stands before one.
    """

    name: str
    placeholder: str
    marks: tuple[str, ...]
    word: re.Pattern[str] | None
    regex: re.Pattern[str]
    secret: Callable[[re.Match[str]], Span | None] = whole
    least_digits: int = 1
    possible: Callable[[View], bool] | None = None
    final: frozenset[str] = frozenset()

    def spans(self, view: View) -> list[Span]:
        """Return where it is."""
        if view.digits < self.least_digits:
            return []
        if not (view.names(self.marks) if self.possible is None else view.holds(self.possible)):
            return []
        if not view.folds:
            return found(self.regex, self.secret, view.text) if self.word is None else self._all(view.text)
        return self._at(self._starts(view), view.text)

    def _all(self, text: str) -> list[Span]:
        """Return where it is after any word at all."""
        return self._at([word.start() for word in self.word.finditer(text)] if self.word else [], text)

    def _at(self, starts: list[int], text: str) -> list[Span]:
        spans: list[Span] = []
        done = 0
        for start in starts:
            if start < done:
                continue
            match = self.regex.match(text, start)
            span = self.secret(match) if match else None
            if span is not None and span[0] < span[1]:
                spans.append(span)
                done = span[1]
        return spans

    def _starts(self, view: View) -> list[int]:
        """Return where the words begin: each is looked for around its mark only."""
        text, low = view.text, view.low
        starts: set[int] = set()
        for mark in view.possible(self.marks):
            at = low.find(mark)
            while at >= 0:
                end = at + len(mark)
                if self.word is None:
                    starts.update(() if at and low[at - 1] in _A_TO_Z else (at,))
                elif mark not in self.final or not low[end : end + 1].isalpha():
                    words = self.word.finditer(text, max(0, at - _WORD), end + _WORD)
                    starts.update(word.start() for word in words)
                at = low.find(mark, end)
        return sorted(starts)


@dataclass(frozen=True, slots=True)
class NumberPattern:
    """A kind that has at least `digits` digits, and is looked for only where digits stretch.

    With `most`, a stretch of more is none; with `marks`, one of them must be in the text; `near` judges
    from the view and the stretch whether it is worth a look. Unless it may be `glued`, no letter and no
    ``_`` stands right before its digits.
    """

    name: str
    placeholder: str
    digits: int
    regex: re.Pattern[str]
    secret: Callable[[re.Match[str]], Span | None] = whole
    most: int = 2**31
    marks: tuple[str, ...] = ()
    near: Callable[[View, Stretch], bool] | None = None
    reach: tuple[int, int] = (0, 0)
    glued: bool = False

    @property
    def least_digits(self) -> int:
        """Digits that a text has at least if this is in it."""
        return self.digits

    def spans(self, view: View) -> list[Span]:
        """Return where it is."""
        stretches = view.stretches if self.glued else view.free
        stretches = [each for each in stretches if self.digits <= each.digits <= self.most]
        if not stretches or (self.marks and not view.names(self.marks)):
            return []
        spans: list[Span] = []
        for stretch in stretches:
            if self.near is None or self.near(view, stretch):
                start = max(stretch.start - self.reach[0], spans[-1][1] if spans else 0)
                spans += found(self.regex, self.secret, view.text, start, stretch.end + self.reach[1])
        return spans


def may_have(pattern: Pattern, digits: int, most: int, most_free: int) -> bool:
    """Return whether a text with so many *digits*, in stretches of at *most* so many, can have a hit.

    *most_free* are those of the longest stretch that is not glued to a letter.
    """
    if isinstance(pattern, NumberPattern):
        return pattern.digits <= (most if pattern.glued else most_free)
    return digits >= getattr(pattern, "least_digits", 0)


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

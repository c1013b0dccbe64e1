"""The view of a text that all redaction patterns share.

It computes each cheap fact about a text once (its lower case, how many digits it has, where they stretch),
so that a pattern which cannot match costs a tenth of a microsecond. The facts come from whole passes over
bytes, which cost a hundredth of what a regular expression does.
"""

import functools
import re
from collections.abc import Callable
from typing import NamedTuple

#: Digits with separators among them: what every number that identifies somebody is part of.
_STRETCH = re.compile(r"\d[\d .()/-]{4,}\d")
_ASCII_STRETCH = re.compile(r"[0-9][0-9 .()/-]{4,}[0-9]")  # a third faster than by category
_FEWEST = 6
#: Characters around a stretch that belong to it: a country code and bracket before, a check letter after.
_BEFORE, _AFTER = 4, 6
#: A French number from Corsica has a letter in its middle.
_CORSICA, CORSICAN = 18, frozenset("ABab")
_ASCII = bytes(range(128))
_ASCII_NO_DIGITS = bytes(byte for byte in range(256) if chr(byte) not in "0123456789")
_SEPARATORS = " .()/-"
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
#: What a regular expression that ignores case takes for i and s, and lower case does not turn into them.
_FOLDED_BY_CASE = ("\u0131", "\u017f")


class Stretch(NamedTuple):
    """Where digits stretch (first, last), how many, and all that may belong to them (start, end).

    `glued`: nothing but digits, right after a letter or ``_``, as in ``#W2378156`` and ``order_2378156``.
    """

    first: int
    last: int
    digits: int
    start: int
    end: int
    glued: bool


class View:
    """A text and what is known of it at a glance.

    Attributes:
        text: as it is.
        low: in lower case, for a look, not for places, since some letters grow.
        coded: in UTF-8, lone surrogates too.
        digits: how many, of any script.
        stretches: where six digits or more stretch.
        free: those of them that are not glued to a letter.
        most, most_free: digits of the longest of either, 0 without one.
    """

    __slots__ = (
        "_named",
        "coded",
        "digits",
        "free",
        "is_ascii",
        "low",
        "most",
        "most_free",
        "stretches",
        "text",
    )

    def __init__(self, text: str) -> None:
        self.text = text
        self.low = text.lower()
        self.is_ascii = text.isascii()
        self.coded = text.encode("utf-8", "surrogatepass")
        self.digits = len(self.coded.translate(None, _ASCII_NO_DIGITS))
        if not self.is_ascii:
            others = self.coded.translate(None, _ASCII).decode("utf-8", "surrogatepass")
            self.digits += sum(map(str.isdecimal, others))
        self.stretches = self._stretches() if self.digits >= _FEWEST else []
        self.free = [stretch for stretch in self.stretches if not stretch.glued]
        self.most = max([stretch.digits for stretch in self.stretches], default=0)
        self.most_free = max([stretch.digits for stretch in self.free], default=0)
        self._named: dict[object, bool] = {}

    @property
    def folds(self) -> bool:
        """Whether lower case says what a search that ignores case finds, and at the same places."""
        if self.is_ascii:
            return True
        return len(self.low) == len(self.text) and not any(map(self.text.__contains__, _FOLDED_BY_CASE))

    def names(self, marks: tuple[str, ...]) -> bool:
        """Return whether one of *marks* is in the text, in any case."""
        known = self._named.get(marks)
        if known is None:
            known = self._named[marks] = self._look(marks)
        return known

    def holds(self, test: "Callable[[View], bool]") -> bool:
        """Return what *test* says of the text; it is asked once."""
        known = self._named.get(test)
        if known is None:
            known = self._named[test] = test(self)
        return known

    def possible(self, marks: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of *marks* that may be in the text: a text of ASCII alone has no other letter."""
        return _ascii(marks) if self.is_ascii else marks

    def _look(self, marks: tuple[str, ...]) -> bool:
        low = self.low
        for mark in self.possible(marks):  # noqa: SIM110 (a generator costs as much as the look)
            if mark in low:
                return True
        return False

    def _stretches(self) -> list[Stretch]:
        text, stretches = self.text, []
        for match in (_ASCII_STRETCH if self.is_ascii else _STRETCH).finditer(text):
            found = match.group()
            one = found.isdecimal()
            digits = len(found) if one else len(found) - sum(map(found.count, _SEPARATORS))
            if digits >= _FEWEST:
                first, last = match.span()
                glued = one and first > 0 and text[first - 1] in _LETTERS
                more = _CORSICA if text[last : last + 1] in CORSICAN else _AFTER
                stretches.append(Stretch(first, last, digits, max(0, first - _BEFORE), last + more, glued))
        return stretches


@functools.cache
def _ascii(marks: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(filter(str.isascii, marks))

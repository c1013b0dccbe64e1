"""Patterns of one's own: a regular expression that an operator adds, judged before it is used.

It never looks into what redaction left behind (``[email]``), so that redacting twice changes nothing.
"""

import re
import re._constants as op  # type: ignore[import-not-found]  # the parsed form of an expression
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from groundswell.models.reading.redaction_pattern import Pattern, Span, found, whole
from groundswell.models.reading.redaction_view import View

_PLACEHOLDER = re.compile(r"\[[a-z][a-z0-9_ -]{0,40}\]")
_NAME = re.compile(r"[a-z][a-z0-9_ -]{0,40}")
#: A repetition of up to so many is no danger inside another.
_FEW = 16


@dataclass(frozen=True, slots=True)
class OwnPattern:
    """Another pattern, kept to the text between placeholders."""

    inner: Pattern

    @property
    def name(self) -> str:
        """The name of the pattern."""
        return self.inner.name

    @property
    def placeholder(self) -> str:
        """What it leaves."""
        return self.inner.placeholder

    def spans(self, view: View) -> list[Span]:
        """Return what it finds, less what reaches into a placeholder."""
        spans = sorted(self.inner.spans(view))
        taken = [match.span() for match in _PLACEHOLDER.finditer(view.text)] if spans else []
        kept: list[Span] = []
        for start, end in spans:
            free = all(end <= first or last <= start for first, last in taken)
            if free and end > start and (not kept or start >= kept[-1][1]):
                kept.append((start, end))
        return kept


@dataclass(frozen=True, slots=True)
class Expression:
    """A regular expression; its group ``secret``, if it has one, is what is replaced."""

    name: str
    placeholder: str
    regex: re.Pattern[str]

    def spans(self, view: View) -> list[Span]:
        """Return its matches between placeholders."""
        spans: list[Span] = []
        start = 0
        for match in _PLACEHOLDER.finditer(view.text):
            spans += found(self.regex, whole, view.text, start, match.start())
            start = match.end()
        return spans + found(self.regex, whole, view.text, start)


def own_pattern(name: str, expression: str) -> Pattern:
    """Return the pattern of an operator's *expression*; what it matches becomes ``[name]``.

    Raises ValueError, naming the pattern, if the name cannot stand in a placeholder, or the expression
    does not compile, matches the empty text, or may take exponential or quadratic time.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"redaction pattern {name!r}: a name is lower-case letters, digits, _, - and spaces")
    try:
        regex = re.compile(expression)
        parsed = parser.parse(expression)
    except re.error as error:
        place = f" at character {error.pos}" if error.pos is not None else ""
        raise ValueError(
            f"redaction pattern {name!r} is no regular expression: {error.msg}{place} of {expression!r}"
        ) from error
    if regex.match(""):
        raise ValueError(f"redaction pattern {name!r} matches the empty text; it would match everywhere")
    if _PLACEHOLDER.fullmatch(expression):
        raise ValueError(
            f"redaction pattern {name!r} is a character class in one pair of brackets: add \\b or +"
        )
    if fault := _danger(parsed):
        raise ValueError(
            f"redaction pattern {name!r} may never end on a long text: {fault} in {expression!r}. Bound the "
            "repetitions, for example {1,64} for +"
        )
    return Expression(name, f"[{name}]", regex)


def _danger(parsed: Any) -> str:
    """Return what can backtrack badly: a repetition inside one, or two without bound that follow a start.

    It is a simple judgement: it refuses some that are harmless, and a bounded one it always takes.
    """
    for _, arguments in _repeats(parsed):
        low, high, inner = arguments
        if high is op.MAXREPEAT and any(_variable(one) for _, one in _repeats(inner)):
            return "a repetition inside a repetition without bound"
        if high is op.MAXREPEAT and low != high and _alternatives(inner):
            return "alternatives inside a repetition without bound"
    unbounded = [one for _, one in _repeats(parsed) if one[1] is op.MAXREPEAT]
    if len(unbounded) > 1:
        return "more than one repetition without bound"
    # Tried from every character of a long run, it would run to the run's end each time.
    return "it begins with a repetition without bound and goes on after it" if _begins_open(parsed) else ""


def _begins_open(parsed: Any) -> bool:
    """Return whether a repetition without bound comes first, with nothing before that says where."""
    nodes = list(parsed)
    if not nodes or nodes[0][0] not in (op.MAX_REPEAT, op.MIN_REPEAT):
        return False
    return nodes[0][1][1] is op.MAXREPEAT and len(nodes) > 1


def _variable(arguments: Any) -> bool:
    low, high, _ = arguments
    return bool(high is op.MAXREPEAT or (low != high and int(high) > _FEW))


def _alternatives(parsed: Any) -> bool:
    return any(code is op.BRANCH for code, _ in _nodes(parsed))


def _repeats(parsed: Any) -> Iterator[tuple[Any, Any]]:
    return ((code, one) for code, one in _nodes(parsed) if code in (op.MAX_REPEAT, op.MIN_REPEAT))


def _nodes(parsed: Any) -> Iterator[tuple[Any, Any]]:
    """Give every node of a parsed expression."""
    for code, argument in parsed:
        yield code, argument
        for part in argument if isinstance(argument, tuple | list) else (argument,):
            if isinstance(part, parser.SubPattern):
                yield from _nodes(part)
            elif isinstance(part, list):
                for branch in part:
                    if isinstance(branch, parser.SubPattern):
                        yield from _nodes(branch)

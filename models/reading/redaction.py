"""Redaction: secrets and personal data leave a text before it is stored or sent anywhere.

Each pattern replaces what it finds by a bracketed word (``[email]``, ``[card]``). Patterns run in
the order of `PATTERNS`, each behind a cheap test, so a turn without digits or ``@`` costs little.
Time is linear in the length of the text: every repetition in a pattern is bounded, or begins only
where a run begins.

Not found, by design: names, addresses, and bare ten-digit numbers without a phone word before them
(order and item numbers look the same).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from groundswell.models.reading.redaction_patterns import PATTERNS, SensitivePattern

#: Changes whenever a built-in pattern changes; stored beside what was redacted.
REDACTION_VERSION = "1"


@dataclass(frozen=True, slots=True)
class Redactor:
    """A choice of patterns, in the order in which they are applied."""

    patterns: tuple[SensitivePattern, ...]

    @classmethod
    def of(cls, names: Iterable[str] | None = None, extra: Mapping[str, str] | None = None) -> "Redactor":
        """Choose built-in patterns by name (default: all), and add regular expressions of one's own.

        *extra* maps a name to a regular expression; what it matches becomes ``[name]``. It runs after
        the built-in patterns, and its running time is its author's business.

        Raises ValueError for a name that is no built-in pattern, or an expression that does not compile
        or matches the empty string.
        """
        known = {pattern.name: pattern for pattern in PATTERNS}
        chosen = set(known) if names is None else set(names)
        if unknown := sorted(chosen - set(known)):
            raise ValueError(f"no redaction pattern is called {unknown}; choose from {list(known)}")
        built_in = (pattern for pattern in PATTERNS if pattern.name in chosen)
        return cls((*built_in, *(_custom(name, regex) for name, regex in (extra or {}).items())))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the patterns, in order."""
        return tuple(pattern.name for pattern in self.patterns)

    def redact(self, text: str) -> str:
        """Return *text* with everything that a pattern finds replaced by its bracketed word."""
        for pattern in self.patterns:
            if pattern.possible(text):
                text = pattern.replace(text)
        return text


DEFAULT = Redactor(PATTERNS)


def redact(text: str, patterns: Redactor = DEFAULT) -> str:
    """Return *text* without e-mail addresses, keys, passwords, cards, IBANs, SSNs, IPs and phones.

    >>> redact("mail jane@example.com, card 4111 1111 1111 1111")
    'mail [email], card [card]'
    """
    return patterns.redact(text)


def _custom(name: str, expression: str) -> SensitivePattern:
    try:
        regex = re.compile(expression)
    except re.error as error:
        raise ValueError(f"redaction pattern {name!r} is no regular expression: {error}") from error
    if regex.match(""):
        raise ValueError(f"redaction pattern {name!r} matches the empty text; it would match everywhere")
    return SensitivePattern(name, f"[{name}]", regex)

"""Redaction: secrets and personal data leave a text before it is stored or sent anywhere.

Each pattern replaces what it finds by a bracketed word (``[email]``, ``[card]``). Patterns run in
the order of `PATTERNS`, each behind a cheap test, so a turn without digits or ``@`` costs little.
Time is linear in the length of the text: every repetition in a pattern is bounded, or begins only
where a run begins. What is left is redacted again until nothing more is found, so redacting twice
changes nothing.

Not found, by design: names, postal addresses, dates of birth, and bare ten-digit numbers without a
phone word beside them (order and item numbers look the same).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from groundswell.models.reading import (
    redaction_contacts,
    redaction_credentials,
    redaction_government,
    redaction_keys,
    redaction_numbers,
)
from groundswell.models.reading.redaction_own import OwnPattern, own_pattern
from groundswell.models.reading.redaction_pattern import Pattern, Span, may_have, replaced
from groundswell.models.reading.redaction_view import View

#: Changes whenever a built-in pattern changes; stored beside what was redacted.
REDACTION_VERSION = "3"
#: Rounds after which redaction ends even if one's own patterns still find something in what they leave.
_ROUNDS = 8
#: Digits that are enough for every pattern.
_ENOUGH = 16

#: In the order in which they run: a longer, surer form goes before a shorter one.
PATTERNS: tuple[Pattern, ...] = (
    *redaction_keys.PATTERNS,
    *redaction_credentials.PATTERNS[:1],  # a login in an address, whose @ is no e-mail's
    *redaction_contacts.PATTERNS[:2],
    *redaction_credentials.PATTERNS[1:],
    *redaction_numbers.PATTERNS,
    *redaction_government.PATTERNS,
    *redaction_contacts.PATTERNS[2:],
    *redaction_numbers.PHONES,
)
#: Kinds that a version or an identifier of a machine may look like: labels keep them.
_LIKE_VERSIONS = frozenset({"ipv4", "ipv6", "phone", "phone_named"})


@dataclass(frozen=True, slots=True)
class Redactor:
    """A choice of patterns, in the order in which they are applied."""

    patterns: tuple[Pattern, ...]
    _worth: dict[tuple[int, int, int], tuple[Pattern, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def of(
        cls,
        names: Iterable[str] | None = None,
        extra: Mapping[str, str] | None = None,
        more: Iterable[Pattern] = (),
    ) -> "Redactor":
        """Choose built-in patterns by name (default: all), and add regular expressions of one's own.

        Args:
            names: of built-in patterns.
            extra: name to regular expression; what it matches becomes ``[name]``. It runs after the
                built-in patterns.
            more: patterns of another make, which run last.

        Raises ValueError for a name that is no built-in pattern, or an expression that does not compile,
        matches the empty string, or could take for ever (see `redaction_own`).
        """
        known = {pattern.name: pattern for pattern in PATTERNS}
        chosen = set(known) if names is None else set(names)
        if unknown := sorted(chosen - set(known)):
            raise ValueError(f"no redaction pattern is called {unknown}; choose from {list(known)}")
        built_in = (pattern for pattern in PATTERNS if pattern.name in chosen)
        own = (own_pattern(name, expression) for name, expression in (extra or {}).items())
        return cls((*built_in, *own, *map(OwnPattern, more)))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the patterns, in order."""
        return tuple(pattern.name for pattern in self.patterns)

    def for_labels(self) -> "Redactor":
        """Return the patterns for labels, where ``2.4.1.3`` is a version and no address."""
        return Redactor(tuple(pattern for pattern in self.patterns if pattern.name not in _LIKE_VERSIONS))

    def redact(self, text: str) -> str:
        """Return *text* with everything that a pattern finds replaced by its bracketed word."""
        for _ in range(_ROUNDS if text else 0):
            redacted = self._round(text)
            if redacted == text:
                break
            text = redacted
        return text

    def _round(self, text: str) -> str:
        view = View(text)
        for pattern in self._possible(view):
            if spans := pattern.spans(view):
                return self._rest(view, pattern, spans)
        return text

    def _rest(self, view: View, pattern: Pattern, spans: list[Span]) -> str:
        """Replace what *pattern* has found, and let those after it see what is left."""
        view = View(replaced(view.text, spans, pattern.placeholder))
        for later in self.patterns[self.patterns.index(pattern) + 1 :]:
            if spans := later.spans(view):
                view = View(replaced(view.text, spans, later.placeholder))
        return view.text

    def _possible(self, view: View) -> tuple[Pattern, ...]:
        """Return the patterns that a text with its digits can have: most texts have few digits, or none."""
        known = min(view.digits, _ENOUGH), min(view.most, _ENOUGH), min(view.most_free, _ENOUGH)
        possible = self._worth.get(known)
        if possible is None:
            possible = tuple(pattern for pattern in self.patterns if may_have(pattern, *known))
            self._worth[known] = possible
        return possible


DEFAULT = Redactor(PATTERNS)


def redact(text: str, patterns: Redactor = DEFAULT) -> str:
    """Return *text* without e-mail addresses, keys, passwords, cards, accounts, ids, IPs and phones.

    >>> redact("mail jane@example.com, card 4111 1111 1111 1111")
    'mail [email], card [card]'
    """
    return patterns.redact(text)

"""E-mail and network addresses."""

import re

from groundswell.models.reading.redaction_pattern import Pattern, Span, TextPattern
from groundswell.models.reading.redaction_view import View

#: Letters of any script; but where Latin text follows another script without a space, it begins there.
_LOCAL = r"(?:(?<![A-Za-z0-9_.+'-])[A-Za-z0-9_][A-Za-z0-9_.+%'-]{0,95}|(?<![\w.+-])\w[\w.+%'-]{0,95})"
_LABEL = r"[^\W_](?:[\w-]{0,62}[^\W_])?"
_TOP = r"(?:xn--[A-Za-z0-9-]{2,40}|[A-Za-z]{2,24}(?![A-Za-z0-9])|[^\W\d_]{2,24}(?!\w))"
_EMAIL = re.compile(rf"{_LOCAL}(?:@|%40)(?:{_LABEL}\.){{1,8}}{_TOP}")
_AT = r"[\[({<] ?at ?[\])}>]"
_DOT = r"(?: ?[\[({<] ?dot ?[\])}>] ?|\.| dot )"
_SPOKEN = re.compile(
    rf"(?<![\w.+-])\w[\w.+-]{{0,63}}(?: ?{_AT} ?[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{1,4}}"
    r"| at [\w-]{1,63}(?: dot [\w-]{1,63}){0,3} dot [A-Za-z]{2,24}"
    r"| at (?:gmail|hotmail|outlook|yahoo|icloud|proton|protonmail|gmx|web)\.[a-z]{2,3})(?![\w-])",
    re.IGNORECASE,
)
_SPOKEN_AT = re.compile(r"at (?:gmail|hotmail|outlook|yahoo|icloud|proton|protonmail|gmx|web)\.")
#: Brackets that "at" may stand in: a look for the opening one is cheaper than one for both.
_BRACKETS = "([{<"
_BRACKETED_AT = re.compile(_AT)

_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_IPV4 = re.compile(rf"(?<![A-Za-z0-9_.])(?:{_OCTET}\.){{3}}{_OCTET}(?![A-Za-z0-9_]|\.\d)")
#: Four numbers with dots that count something else.
_NUMBERED = re.compile(
    r"\b(?:version|release|build|section|chapter|clause|firmware|ver|v|§)\.?:? $", re.IGNORECASE
)
_HEXTET = r"[0-9A-Fa-f]{1,4}"
_IPV6 = re.compile(
    rf"(?<![\w:.])(?:(?:{_HEXTET}:){{7}}{_HEXTET}|(?:{_HEXTET}:){{1,6}}(?::{_HEXTET}){{1,6}}"
    rf"|(?:{_HEXTET}:){{2,7}}:|::(?:ffff:)?(?:{_OCTET}\.){{3}}{_OCTET}|::(?:{_HEXTET}:){{0,6}}{_HEXTET})"
    r"(?![\w:]|\.\w)",
    re.IGNORECASE,
)


def _address(match: re.Match[str]) -> Span | None:
    before = match.string[max(0, match.start() - 12) : match.start()]
    return None if _NUMBERED.search(before) else match.span()


def _with_digit(match: re.Match[str]) -> Span | None:
    """Keep what has no digit, or too few: ``a::b`` and ``::1`` are names more often than addresses."""
    found = match.group()
    return match.span() if any(map(str.isdigit, found)) and len(found) > 4 else None


#: Begin with a character that most texts have few of.
_COLONS = re.compile(r":[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}:")
_DOTS = re.compile(r"\.\d{1,3}\.\d")


def _has_at(view: View) -> bool:
    return "@" in view.text or "%40" in view.text


def _dotted(view: View) -> bool:
    return _DOTS.search(view.text) is not None


def _many_colons(view: View) -> bool:
    return "::" in view.text or _COLONS.search(view.text) is not None


def _spoken(view: View) -> bool:
    low = view.low
    if " dot " in low or _SPOKEN_AT.search(low) is not None:
        return True
    for bracket in _BRACKETS:
        if bracket in low and (f"{bracket}at" in low or (bracket in "([" and f"{bracket} at" in low)):
            return _BRACKETED_AT.search(low) is not None
    return False


PATTERNS: tuple[Pattern, ...] = (
    TextPattern("email", "[email]", _EMAIL, _has_at, anchors=("@", "%40"), reach=96),
    TextPattern("email_spoken", "[email]", _SPOKEN, _spoken),
    TextPattern("ipv6", "[ip]", _IPV6, _many_colons, _with_digit, least_digits=1),
    TextPattern("ipv4", "[ip]", _IPV4, _dotted, _address, least_digits=4),
)

"""Cards, accounts and telephones: numbers that only their check digits or their print tell from others.

Cards: lengths and leading digits by ISO/IEC 7812 and the networks. IBAN: length by country, ISO 13616.
"""

import re

from groundswell.models.reading.check_digits import luhn, mod_97
from groundswell.models.reading.redaction_pattern import NumberPattern, Pattern, Span
from groundswell.models.reading.redaction_view import Stretch, View

_NOT_AFTER = r"(?<![A-Za-z0-9_-])(?<!\d\.)"
_CARD_RUN = re.compile(rf"{_NOT_AFTER}(?<!\d[ -])\d(?:[ .-]{{0,2}}\d){{12,}}(?![A-Za-z0-9_-])")
#: How card numbers are printed: 4-4-4-4 (and 1 to 3 more), 4-6-5 and 4-6-4, or in one piece.
_CARD_PRINT = re.compile(
    r"(?<!\d)(?<!\d\.)(?:\d{4}(?:[ .-]{1,2}\d{4}){3}(?:[ -]\d{1,3})??|\d{4}[ .-]\d{6}[ .-]\d{4,5}|\d{13,19})"
    r"(?!\d|\.\d)"
)
#: Network: leading digits, and how many digits its cards have.
_NETWORKS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720))\d{12}|3[47]\d{13}"
    r"|3(?:0[0-59]|[689]\d)\d{11}|(?:35\d\d|6(?:011|4[4-9]\d|5\d\d))\d{12,15}|62\d{14,17}|(?:5[06-8]|6[0-9])\d{11,17}"
)
_CARD_WORD = re.compile(
    r"(?:card|visa|cc|amex|master|maestro|debit|credit|karte|tarjeta|carte)[^\d\n]{0,20}$", re.IGNORECASE
)


def _is_card(match: re.Match[str]) -> bool:
    digits = "".join(str(int(character)) for character in match.group() if character.isdecimal())
    if not _NETWORKS.fullmatch(digits) or not luhn(digits):
        return False
    before = match.string[max(0, match.start() - 32) : match.start()]
    # Article numbers have 13 digits, order numbers a # before them: there a word must say that it is a card.
    return (len(digits) > 13 and not before.endswith("#")) or _CARD_WORD.search(before) is not None


def _card(match: re.Match[str]) -> Span | None:
    """Return the span of a card number: the whole run of digits, or printed groups inside a longer one."""
    if "." not in match.group() and _is_card(match):  # a full stop between any two digits is a decimal point
        return match.span()
    for printed in _CARD_PRINT.finditer(match.string, *match.span()):
        if _is_card(printed):
            return printed.span()
    return None


_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}")
_IBAN_COUNTRIES = {
    15: "NO",
    16: "BE",
    18: "DK FI FO GL NL",
    19: "MK SI",
    20: "AT BA EE KZ LT LU XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HU LB PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU",
    31: "MT SC",
    32: "LC",
}
_IBAN_LENGTHS = {
    country: length for length, countries in _IBAN_COUNTRIES.items() for country in countries.split()
}


def _iban(match: re.Match[str]) -> Span | None:
    """Return the span of as many characters as the country's numbers have, if the check digits agree."""
    length = _IBAN_LENGTHS.get(match.group()[:2].upper(), 0)
    places = [at for at, character in enumerate(match.group()) if character.isalnum()][:length]
    if not length or len(places) < length:
        return None
    end = match.start() + places[-1] + 1
    if match.string[end : end + 1].isalnum() and match.string[end].isascii():
        return None
    return (match.start(), end) if mod_97("".join(match.group()[at] for at in places)) else None


def _after_letter(view: View, stretch: Stretch) -> bool:
    """Return whether the digits follow a letter, as those of every IBAN do: the country's or the bank's."""
    before = view.text[max(0, stretch.first - 2) : stretch.first].rstrip(" -")
    return before[-1:].isalpha()


_PHONE = re.compile(
    rf"{_NOT_AFTER}(?<![#$/])(?:"
    r"\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,5}(?:[ ./-]?\d{2,5}){1,5}"  # +44 20 7946 0958
    # 0049 151 23456789
    r"|(?<!\d[ -])00[1-9]\d{0,2}[ .-](?:\(\d{1,4}\)[ .-]?)?\d{1,4}(?:[ ./-]?\d{2,8}){1,4}"
    # (415) 555-2671
    r"|(?:[18][ .-])?(?:\(\d{3}\) ?\d{3}[ .-]?\d{4}|\d{3}[-.]\d{3}[-.]\d{4}|\d{3} \d{3} \d{4})"
    r"|[78] ?\(\d{3}\) ?\d{3}[ -]\d\d[ -]\d\d"  # 8 (495) 123-45-67
    r"|\(0?\d{2,4}\) ?\d{3,5}[ -]?\d{3,4}"  # (020) 7946 0958
    r"|(?<!\d[ -])0[1-9](?:[ .-]\d\d){4}"  # 06 12 34 56 78
    r"|(?<!\d[ -])0[1-9]\d{0,3}[ /-]\d{3,8}(?:[ -]\d{2,5}){0,3}"  # 0151 23456789
    r")(?![A-Za-z0-9_-]|[/.]\d)"
)
#: A thing that has a number stands before it at some distance; what one does with it, right before it.
_PHONE_WORD = re.compile(
    r"(?:(?:(?<![a-z])(?:tele?(?:phone?|fon[eo]?)?|phone|mobile?|cell(?:ular[e]?)?"
    r"|handy(?:nr|nummer)|whats ?app|fax|portable|m[oó]vil|celular|t[eé]l(?:[eé]phone|[eé]fono)?"
    r"|(?:contact|callback) number|meine? handy|my (?:number|no\.?|#)(?: is)?)|手机|手機|電話|电话|전화)"
    r"(?:(?!\b(?:id|order|item|charger)\b|_id)[^\d\n+#]){0,20}"
    r"|(?<![a-z])(?:call|text|ring|reach|dial)(?: (?:me|us|him|her|them))?(?: back)?(?: at| on)?"
    r"[^\w\n+#]{0,4}"
    r")\+?\(?$",
    re.IGNORECASE,
)
#: The commonest come first: one is enough.
_PHONE_MARKS = (
    *("ring", "number", "text", "tel", "call", "cell", "phone", "reach", "mobil", "dial", "whats"),
    *("fax", "handy", "portable", "movil", "móvil", "tél", "my no", "my #"),
    *("手机", "手機", "電話", "电话", "전화"),
)  # fmt: skip
_ENDS = "0123456789\n"
#: Characters before a number in which its word is looked for, and before its digits.
_NEAR, _WORDED = 48, 52
_PHONE_NAMED = re.compile(r"(?<![A-Za-z0-9#$_])\+?\(?\d(?:[ .()/-]{0,3}\d){6,14}(?!\d|-\d|:\d)")
_PHONE_AFTER = re.compile(
    r"\)?,? (?:is|\(?as) (?:my|his|her|our|the) (?:phone|cell|mobile|contact|number)", re.IGNORECASE
)
#: Digits of a telephone number printed with a country code or area code.
_LEAST, _MOST = 9, 15


def _phone(match: re.Match[str]) -> Span | None:
    """Return the span if it has as many digits as a number with its area code."""
    digits = sum(map(str.isdecimal, match.group()))
    return match.span() if (8 if match[0][0] == "+" else _LEAST) <= digits <= _MOST else None


def _marked(before: str) -> bool:
    # No word and nothing between it and its number has a digit or a line break.
    before = before[1 + max(map(before.rfind, _ENDS)) :]
    low = before.lower()
    for mark in _PHONE_MARKS:
        if mark in low:
            return _PHONE_WORD.search(before) is not None
    return False


def _printed(view: View, stretch: Stretch) -> bool:
    """Return whether digits are grouped, or follow a plus: bare ones are no telephone's print."""
    text, first = view.text, stretch.first
    return not text[first : stretch.last].isdecimal() or text[first - 1 : first] == "+"


def _worded(view: View, stretch: Stretch) -> bool:
    """Return whether a mark is near before the digits, or what says after them that they are a number."""
    before = view.text[max(0, stretch.first - _WORDED) : stretch.first].lower()
    for mark in view.possible(_PHONE_MARKS):
        if mark in before:
            return True
    after = view.text[stretch.last : stretch.last + 1]
    return after in ") ," and _PHONE_AFTER.match(view.text, stretch.last) is not None


def _phone_named(match: re.Match[str]) -> Span | None:
    """Return the span if a word before or after it says that it is a telephone number."""
    before = match.string[max(0, match.start() - _NEAR) : match.start()]
    if _marked(before) or _PHONE_AFTER.match(match.string, match.end()):
        return match.span()
    return None


PATTERNS: tuple[Pattern, ...] = (
    NumberPattern("card", "[card]", 13, _CARD_RUN, _card),
    NumberPattern("iban", "[iban]", 8, _IBAN, _iban, near=_after_letter, reach=(12, 32), glued=True),
)
PHONES: tuple[Pattern, ...] = (
    NumberPattern("phone", "[phone]", 8, _PHONE, _phone, near=_printed),
    NumberPattern("phone_named", "[phone]", 7, _PHONE_NAMED, _phone_named, near=_worded),
)

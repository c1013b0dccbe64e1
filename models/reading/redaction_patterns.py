"""The patterns of what must not be stored, with the checks that keep look-alikes.

Card numbers: ISO/IEC 7812 length and first digit, Luhn check digit. IBAN: ISO 13616 length by
country, check digits by ISO 7064 mod 97. Keys: the prefixes that vendors document for scanners.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Span = tuple[int, int]


def _always(_: str) -> bool:
    return True


def _whole(match: re.Match[str]) -> Span | None:
    """Return the span of the group ``secret``, if the pattern has one, else of the match."""
    return match.span("secret") if "secret" in match.re.groupindex else match.span()


@dataclass(frozen=True, slots=True)
class SensitivePattern:
    """One kind of secret: how it is found, and what stands in its place."""

    name: str
    placeholder: str
    regex: re.Pattern[str]
    possible: Callable[[str], bool] = _always
    secret: Callable[[re.Match[str]], Span | None] = _whole

    def replace(self, text: str) -> str:
        """Return *text* with each secret replaced; a match that `secret` refuses stays."""
        return "".join(self._pieces(text))

    def _pieces(self, text: str) -> Iterator[str]:
        done = position = 0
        while match := self.regex.search(text, position):
            span = self.secret(match)
            if span is None:
                position = match.start() + 1
                continue
            yield text[done : span[0]]
            yield self.placeholder
            done = position = max(span[1], position + 1)
        yield text[done:]


# A stretch of digits and separators long enough for a card, an SSN or a phone number.
_DIGITS = re.compile(r"\d[\d .()-]{5,}\d")
_IBAN_START = re.compile(r"(?<![^\W_])[A-Za-z]{2}\d{2}[ -]?[A-Za-z0-9]{4}")


_DIGIT = re.compile(r"\d")


def _has_digits(text: str) -> bool:
    return _DIGITS.search(text) is not None


# --- Secrets of machines


def _private_key(match: re.Match[str]) -> Span:
    """Return the span to the end marker; a key that was cut off runs to the end of the text."""
    end = _PEM_END.search(match.string, match.end())
    return match.start(), end.end() if end else len(match.string)


_PEM_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
# A run of characters is searched once: the look-behind lets a token begin only where its run begins.
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}")
_VENDOR_KEY = re.compile(
    r"\b(?:"
    + "|".join(
        (
            r"sk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}",  # OpenAI, Anthropic
            r"gh[pousr]_[A-Za-z0-9]{36,}",  # GitHub
            r"github_pat_[A-Za-z0-9_]{40,}",
            r"glpat-[A-Za-z0-9_-]{20,}",  # GitLab
            r"A[KS]IA[0-9A-Z]{16}",  # AWS
            r"AIza[0-9A-Za-z_-]{35}",  # Google
            r"xox[abeprs]-[A-Za-z0-9-]{10,}",  # Slack
            r"[spr]k_(?:live|test)_[A-Za-z0-9]{16,}",  # Stripe
            r"whsec_[A-Za-z0-9+/=]{20,}",
            r"SG\.[\w-]{16,}\.[\w-]{16,}",  # SendGrid
            r"hf_[A-Za-z0-9]{30,}",  # Hugging Face
            r"npm_[A-Za-z0-9]{36}",
        )
    )
    + ")"
)
_VENDOR_MARK = re.compile(r"sk-|gh[pousr]_|github_pat|glpat|AKIA|ASIA|AIza|xox|[spr]k_|SG\.|hf_|npm_|whsec")
_TOKEN = re.compile(
    r"\b(?:bearer|authorization|api[ _-]?key|access[ _-]?token|client[ _-]?secret)\b"
    r"[\"']?\s{0,3}(?:[:=]|is\b)?\s{0,3}(?:bearer |basic )?[\"']?(?=[^\s\"']{0,256}\d)"
    r"(?P<secret>[A-Za-z0-9+/_.~-]{12,}={0,2})",
    re.IGNORECASE,
)
_PASSWORD = re.compile(
    r"\b(?:password|passwd|passcode|pwd)\b[\"']?\s{0,3}(?:[:=]|(?:is|was)\b)?\s{0,3}[\"']?"
    r"(?=[^\s\"',;<]{0,256}\d)(?P<secret>[^\s\"',;<\[]{6,256})",
    re.IGNORECASE,
)
_SECRET_MARK = re.compile(r"bearer|authoriz|api[ _-]?key|token|secret|passw|passcode|pwd", re.IGNORECASE)
_URL_SECRET = re.compile(r"://(?P<secret>[^\s/:@]{1,64}:[^\s/@]{1,128})@")


def _has_secret_word(text: str) -> bool:
    return _DIGIT.search(text) is not None and _SECRET_MARK.search(text) is not None


# --- Personal data

_EMAIL = re.compile(
    r"(?<![\w.+-])\w[\w.+%-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}\b"
)
_CARD_RUN = re.compile(r"(?<![\w#.-])(?<!\d[ -])\d(?:[ -]?\d){12,}(?![\w-])")
# How card numbers are printed: 4-4-4-4 (and 1 to 3 more), 4-6-5 and 4-6-4, or in one piece.
_CARD_PRINT = re.compile(
    r"(?<!\d)(?:\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{4}(?:[ -]\d{1,3})??|\d{4}[ -]\d{6}[ -]\d{4,5}|\d{13,19})(?!\d)"
)
_SSN = re.compile(r"(?<![\w#-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_IPV4 = re.compile(rf"(?<![\w.])(?:{_OCTET}\.){{3}}{_OCTET}(?!\w|\.\d)")
_HEXTET = r"[0-9A-Fa-f]{1,4}"
_IPV6 = re.compile(
    rf"(?<![\w:.])(?:(?:{_HEXTET}:){{7}}{_HEXTET}|(?:{_HEXTET}:){{1,6}}(?::{_HEXTET}){{1,6}}"
    rf"|(?:{_HEXTET}:){{2,7}}:)(?![\w:.])"
)
_PHONE = re.compile(
    r"(?<![\w#.$/-])(?:"
    r"\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{2,4}(?:[ .-]?\d{2,4}){1,4}"  # +44 20 7946 0958
    r"|\(\d{3}\) ?\d{3}[ .-]?\d{4}"  # (415) 555-2671
    r"|\d{3}[-.]\d{3}[-.]\d{4}|\d{3} \d{3} \d{4}"  # 415-555-2671
    r")(?![\w/-]|\.\d)"
)
_PHONE_NAMED = re.compile(
    r"\b(?:phone|mobile|cell|tel(?:ephone)?|call(?: me)?(?: at| on)?|whatsapp|contact number)\b"
    r"[^\d\n+]{0,20}(?P<secret>\+?\d[\d .()-]{7,16}\d)(?!\w)",
    re.IGNORECASE,
)


def _luhn(digits: list[int]) -> bool:
    doubled = (digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2])
    return (sum(digits[::-2]) + sum(doubled)) % 10 == 0


def _is_card(text: str) -> bool:
    digits = [int(character) for character in text if character.isdecimal()]
    return 13 <= len(digits) <= 19 and 2 <= digits[0] <= 6 and _luhn(digits)


def _card(match: re.Match[str]) -> Span | None:
    """Return the span of a card number: the whole run of digits, or printed groups inside a longer one."""
    if _is_card(match.group()):
        return match.span()
    for printed in _CARD_PRINT.finditer(match.string, *match.span()):
        if _is_card(printed.group()):
            return printed.span()
    return None


_IBAN = re.compile(r"(?<![^\W_])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}")
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
    if match.string[end : end + 1].isalnum():
        return None
    number = "".join(match.group()[at] for at in places)
    rearranged = number[4:] + number[:4]
    valid = int("".join(str(int(character, 36)) for character in rearranged)) % 97 == 1
    return (match.start(), end) if valid else None


def _starts_iban(text: str) -> bool:
    return _DIGIT.search(text) is not None and _IBAN_START.search(text) is not None


def _with_digit(match: re.Match[str]) -> Span | None:
    """Keep what has no digit: ``a::b`` is a name in a program more often than an address."""
    return match.span() if any(character.isdigit() for character in match.group()) else None


#: In the order in which they run: a longer, surer form goes before a shorter one.
PATTERNS = (
    SensitivePattern("url_credentials", "[secret]", _URL_SECRET, lambda text: "://" in text),
    SensitivePattern("email", "[email]", _EMAIL, lambda text: "@" in text),
    SensitivePattern("private_key", "[key]", _PEM_BEGIN, lambda text: "-----B" in text, _private_key),
    SensitivePattern("jwt", "[token]", _JWT, lambda text: "eyJ" in text),
    SensitivePattern("vendor_key", "[key]", _VENDOR_KEY, lambda text: _VENDOR_MARK.search(text) is not None),
    SensitivePattern("token", "[secret]", _TOKEN, _has_secret_word),
    SensitivePattern("password", "[secret]", _PASSWORD, _has_secret_word),
    SensitivePattern("card", "[card]", _CARD_RUN, _has_digits, _card),
    SensitivePattern("iban", "[iban]", _IBAN, _starts_iban, _iban),
    SensitivePattern("ssn", "[ssn]", _SSN, _has_digits),
    SensitivePattern("ipv4", "[ip]", _IPV4, lambda text: text.count(".") >= 3),
    SensitivePattern("phone", "[phone]", _PHONE, _has_digits),
    SensitivePattern("phone_named", "[phone]", _PHONE_NAMED, _has_digits),
    SensitivePattern("ipv6", "[ip]", _IPV6, lambda text: "::" in text or text.count(":") >= 7, _with_digit),
)

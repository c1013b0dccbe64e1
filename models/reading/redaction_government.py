"""Numbers by which states know people: found by their check digits, or by the word that names them.

Where one check digit is all there is, one other number in ten passes it: those need their own print
(``3545 2564 1675``) or their word ("aadhaar") as well.
"""

import re
from collections.abc import Callable

from groundswell.models.reading import check_digits
from groundswell.models.reading.redaction_pattern import NumberPattern, Pattern, Span, TextPattern
from groundswell.models.reading.redaction_view import CORSICAN, Stretch, View

_ID = "[id]"
_START, _END = r"(?<![A-Za-z0-9_#.$-])", r"(?![A-Za-z0-9_-])"
#: What may stand between the word that names a number and the number.
_GAP = r"(?![a-z])[^\d\n]{0,24}$"
#: Characters before a number in which its word is looked for.
_NEAR = 56

Near = Callable[[View, Stretch], bool]


def _before_letter(view: View, stretch: Stretch) -> bool:
    return view.text[stretch.last : stretch.last + 2].lstrip(" -")[:1].isalpha()


def _hyphened(view: View, stretch: Stretch) -> bool:
    return "-" in view.text[stretch.first : stretch.last]


def _french(view: View, stretch: Stretch) -> bool:
    """Return whether there are 15 digits, or six before the letter of a Corsican department."""
    return stretch.digits >= 15 or view.text[stretch.last : stretch.last + 1] in CORSICAN


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text)).upper()


def _number(
    name: str,
    digits: int,
    shape: str,
    check: Callable[[str], bool] | None = None,
    *,
    word: str = "",
    marks: tuple[str, ...] = (),
    most: int = 2**31,
    printed: str = "",
    near: Near | None = None,
    placeholder: str = _ID,
    glued: bool = False,
) -> NumberPattern:
    """Return a pattern of numbers with a *shape*.

    Args:
        name: of the pattern.
        digits: fewest in a row, separators not counted.
        shape: regular expression of the number.
        check: judges the number without separators.
        word: if given, this must stand before the number, unless it is *printed* so.
        marks: one of these is in every text with the word; only where there is no *printed*.
        most: most digits of the stretch that it is in.
        printed: a print that needs no word.
        near: judges a stretch of digits before all else.
        placeholder: what takes its place.
        glued: a letter may stand right before its digits.
    """
    before = re.compile(rf"(?<![a-z])(?:{word}){_GAP}", re.IGNORECASE) if word else None
    judge = _judge(check, before, re.compile(printed) if printed else None)
    regex = re.compile(_START + shape + _END, re.IGNORECASE)
    return NumberPattern(name, placeholder, digits, regex, judge, most, marks, near, glued=glued)


def _judge(
    check: Callable[[str], bool] | None, before: re.Pattern[str] | None, printed: re.Pattern[str] | None
) -> Callable[[re.Match[str]], Span | None]:
    """Return what gives the span of a number that passes *check*, has its own print or follows its word."""

    def judge(match: re.Match[str]) -> Span | None:
        found = match.group()
        if check is not None and not check(_plain(found)):
            return None
        if before is None or (printed is not None and printed.fullmatch(found)):
            return match.span()
        told = match.string[max(0, match.start() - _NEAR) : match.start()]
        return match.span() if before.search(told) else None

    return judge


def _is_birthday(number: str) -> bool:
    return 1 <= int(number[-8:-6]) <= 12 and 1 <= int(number[-6:-4]) % 60 <= 31


def _personnummer(number: str) -> bool:
    return _is_birthday(number) and check_digits.luhn(number[-10:])


def _ninth(check: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda number: len(number) == 9 and check(number)


_NIR = r"[12][ .]?\d\d[ .]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .]?(?:\d\d|2[AB])(?:[ .]?\d){6}[ .]?\d[ .]?\d"

_NUMBERS: tuple[Pattern, ...] = (
    _number(
        "ssn", 9, r"(?:(?!000|666|9\d\d)\d{3}|9\d\d(?=-[5-9]))-(?!00)\d{2}-(?!0000)\d{4}",
        near=_hyphened, placeholder="[ssn]",
    ),
    _number(
        "ssn_named", 9, r"(?!000|666)\d{3}[ -]?(?!00)\d{2}[ -]?(?!0000)\d{4}",
        word=r"ssn|social(?: security)?(?: number| no\.?| num)?|itin|tax ?payer id\w*",
        marks=("ssn", "social", "itin", "payer id"), placeholder="[ssn]",
    ),
    _number(
        "nino", 6, r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]",
        word=r"nino|ni(?: number| no\.?)?|national insurance(?: number| no\.?)?",
        printed=r"[A-Z]{2} \d\d \d\d \d\d [A-D]", most=6, near=_before_letter, glued=True,
    ),
    _number("nir", 6, _NIR, lambda n: len(n) == 15 and check_digits.nir(n), near=_french),
    _number("dni", 8, r"(?:\d{8}|\d{1,2}\.\d{3}\.\d{3})[ -]?[A-Z]", lambda n: check_digits.dni(n.zfill(9)),
        near=_before_letter),
    _number("nie", 7, r"[XYZ][ -]?\d{7}[ -]?[A-Z]", check_digits.dni, most=7, near=_before_letter,
        glued=True),
    _number(
        "steuer_id", 11, r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}", check_digits.mod_11_10,
        word=r"steuer\w*|steuerliche\w* identifikationsnummer|idnr|tin|tax id\w*",
        printed=r"\d\d \d{3} \d{3} \d{3}",
    ),
    _number(
        "cpf", 11, r"\d{3}\.?\d{3}\.?\d{3}-?\d\d", check_digits.cpf,
        word="cpf", printed=r"\d{3}\.\d{3}\.\d{3}-\d\d",
    ),
    _number(
        "aadhaar", 12, r"[2-9]\d{3}([ -]?)\d{4}\1\d{4}", check_digits.verhoeff,
        word="aadh?aa?r", printed=r"\d{4}([ -])\d{4}\1\d{4}",
    ),
    _number("ahv", 13, r"756\.?\d{4}\.?\d{4}\.?\d\d", check_digits.ean),
    _number("personnummer", 10, r"(?:19|20)?\d{6}-\d{4}", _personnummer, near=_hyphened),
    _number(
        "bsn", 9, r"\d{4}\.?\d\d\.?\d{3}", _ninth(check_digits.eleven_proof),
        word=r"bsn|burgerservice ?nummer|sofinummer", marks=("bsn", "burgerservice", "sofinummer"),
    ),
    _number(
        "sin", 9, r"\d{3}[ -]?\d{3}[ -]?\d{3}", _ninth(check_digits.luhn),
        word=r"sin|social insurance(?: number| no\.?)?", marks=("sin ", "sin:", "sin#", "social insurance"),
    ),
    _number("pesel", 11, r"\d{11}", check_digits.pesel, word="pesel", marks=("pesel",)),
    _number(
        "tfn", 9, r"\d{3} ?\d{3} ?\d{3}", _ninth(check_digits.tfn), word=r"tfn|tax file(?: number| no\.?)?",
        marks=("tfn", "tax file"),
    ),
)  # fmt: skip

_FISCALE = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z]{6}\d\d[A-EHLMPRSTa-ehlmprst]\d\d[A-Za-z]\d{3}[A-Za-z](?![A-Za-z0-9])"
)
#: Its middle, once every digit is 0 and every letter A: whole passes over bytes beat a regular expression.
_FISCALE_MIDDLE = b"00A00A000A"
_PRINT = bytes(
    ord("0" if byte in b"0123456789" else "A" if chr(byte).isalpha() else " ") for byte in range(128)
)
_PRINT += b" " * 128
_PAN = re.compile(
    r"\bpan(?! ?cake)[^\d\n]{0,24}?(?<![A-Za-z])(?P<secret>[a-z]{3}[abcfghljpt][a-z]\d{4}[a-z])\b",
    re.IGNORECASE,
)
_PASSPORTS = ("passp", "reisepass", "passeport", "passaport")
_PASSPORT = re.compile(
    r"\b(?:passport|reisepass|passeport|pasaporte|passaporto)(?:[ -]?(?:number|no\.?|nr\.?|nummer|n°|#|id))?"
    r"\s?(?:is|:|=)?\s{0,2}(?P<secret>(?=[A-Z0-9]{0,8}\d{2})[A-Z0-9]{7,9})(?![A-Za-z0-9_-])",
    re.IGNORECASE,
)
_LICENCE = re.compile(
    r"\b(?:driv(?:er'?s?|er’s|ing)[ -]licen[cs]e|f[uü]hrerschein|dl)(?: ?(?:number|no\.?|nr\.?|nummer|#))"
    r"\s?(?:is|:|=)?\s{0,2}(?P<secret>(?=[A-Z0-9-]{0,12}\d{3})[A-Z0-9][A-Z0-9-]{4,18})(?![A-Za-z0-9_-])",
    re.IGNORECASE,
)


def _fiscale(match: re.Match[str]) -> Span | None:
    return match.span() if check_digits.codice_fiscale(match.group()) else None


def _in_fiscale(view: View) -> bool:
    return _FISCALE_MIDDLE in view.coded.translate(_PRINT)


def _has_passport(view: View) -> bool:
    return (view.names(("pass",)) and view.names(_PASSPORTS)) or view.names(("pasaport",))


def _marked(*marks: str) -> Callable[[View], bool]:
    return lambda view: view.names(marks)


PATTERNS: tuple[Pattern, ...] = (
    *_NUMBERS,
    TextPattern("codice_fiscale", _ID, _FISCALE, _in_fiscale, _fiscale, least_digits=7),
    TextPattern("pan", _ID, _PAN, _marked("pan ", "pan:"), least_digits=4),
    TextPattern(
        "passport",
        _ID,
        _PASSPORT,
        _has_passport,
        least_digits=2,
    ),
    TextPattern(
        "driving_licence", _ID, _LICENCE, _marked("licen", "führer", "fuhrer", "dl "), least_digits=3
    ),
)

"""Secrets that are named before they are told: passwords, tokens, cookies, PINs and codes.

The word that names one is the evidence. After ``:`` or ``=`` any value is one; after "is" or nothing
but a space, only what has a digit or an inner symbol, so that "my password is wrong" stays.
"""

import re

from groundswell.models.reading.redaction_pattern import NamedPattern, Pattern, Span, TextPattern
from groundswell.models.reading.redaction_view import View

_SECRET = "[secret]"  # noqa: S105 (what stands in place of one)
#: Closing quote of a key, escaped or not, and what may stand between a name and its value.
_QUOTE = r"\\{0,4}[\"'`“”]?"
_IS = r"(?:is|was|are|ist|war|lautet|es|est|é|è|to|=>|->|#|no\.?)"
#: A value in quotes ends with them, another at a space or at what separates fields.
_QUOTED = r"(?<=[\"'`“])(?P<quoted>[^\"'`“”\\\n]{1,256})(?=\\{0,4}[\"'`”])"
_WORD_VALUE = r"(?P<bare>[^\s\"'`“”,;<>\[\](){}|\\&]{%d,256})"
_PASSWORDS = (
    r"pass ?words?|pass ?wd|pass(?:code|phrase|wort)|kennwort|pwd|mot de passe|contrase[nñ]a|senha"
    r"|wachtwoord|has[lł]o|пароль|lösenord|passord|parola|şifre|密码|密碼|パスワード|비밀번호"
)
_PASSWORD_WORD = re.compile(
    rf"(?<![A-Za-z])(?:(?:{_PASSWORDS})(?![A-Za-z])|(?:pass|pw)(?=\s?[:=]))", re.IGNORECASE
)
_PASSWORD = re.compile(
    rf"(?:(?:{_PASSWORDS})(?![A-Za-z]){_QUOTE}\s{{0,3}}(?:[:=：]|{_IS}\s*?[:=])\s{{0,3}}|(?:pass|pw)\s?[:=]\s?)"
    rf"{_QUOTE}(?:{_QUOTED}|{_WORD_VALUE % 3})",
    re.IGNORECASE,
)
_PASSPHRASE = re.compile(
    r"(?<![A-Za-z])(?:pass ?phrase|seed phrase|recovery phrase)\s{0,3}(?:[:=]|is\b)\s{0,3}[\"']?"
    r"(?P<bare>\w[^\s\"']{0,64}(?: [^\s\"'.,;]{1,32}){0,23})",
    re.IGNORECASE,
)
#: At least one digit, or a symbol inside the word.
_TELLING = r"(?=[^\s\"'`“”,;<>\[\](){}]{0,128}?(?:\d|[!@#$%^&*_+=~][^\s.!?]))"
_PASSWORD_TOLD = re.compile(
    rf"(?:{_PASSWORDS})(?![A-Za-z]){_QUOTE}\s{{1,3}}(?:{_IS}\s{{1,3}}{_QUOTE}{_TELLING}"
    rf"{_WORD_VALUE % 4}|{_QUOTE}(?=[^\s\"',;<]{{0,128}}?\d){(_WORD_VALUE % 6).replace('bare', 'after')})",
    re.IGNORECASE,
)
_TOKENS = (
    r"api[ _-]?key|(?:access|account|secret|signing|encryption|private|shared)[ _-]?(?:access[ _-]?)?key"
    r"|client[ _-]?secret|(?:access|refresh|auth|id|session|bearer|api|csrf|bot)?[ _-]?token"
    r"|authorization|bearer|basic|secret|credentials?|sharedaccesssignature"
)
_TOKEN_WORD = re.compile(rf"(?<![A-Za-z])(?:{_TOKENS})(?![A-Za-z])", re.IGNORECASE)
_TOKEN = re.compile(
    rf"(?:{_TOKENS})(?![A-Za-z]){_QUOTE}\s{{0,3}}(?:[:=：]|{_IS}(?=\s))?\s{{0,3}}{_QUOTE}"
    r"(?:(?:bearer|basic|token|digest) )?"
    r"(?P<bare>(?=[A-Za-z+/_.~%-]{0,256}?\d)[A-Za-z0-9+/_.~%-]{8,4096}={0,2})",
    re.IGNORECASE,
)
_COOKIE_PAIR = r"[\w.-]{1,64}=[^\s;\"',]{1,1024}"
_COOKIE = re.compile(
    rf"cookie{_QUOTE}\s?[:=]\s?{_QUOTE}(?P<bare>{_COOKIE_PAIR}(?:; ?{_COOKIE_PAIR}){{0,20}})", re.IGNORECASE
)
_CODE = re.compile(
    rf"(?<![A-Za-z])(?:pin(?:[ -]?(?:code|number|no\.?))?{_QUOTE}\s{{0,2}}(?:{_IS}\s|[:=])\s{{0,2}}{_QUOTE}"
    r"|(?:cvv2?|cvc2?|csc|security code|card verification (?:value|code|number))\b[^\d\n]{0,12}?"
    r"|(?:verification|authentication|one[- ]time|otp|2fa|mfa|sms|login)(?: (?:pass ?)?code| password)?"
    r"[^\d\n]{0,10}?(?:is|:|=)\s{0,2})(?P<bare>\d{3,8})(?![\w-]|[.,:/]\d)",
    re.IGNORECASE,
)
_URL_LOGIN = re.compile(r"://(?P<bare>[^\s/:@]{0,64}:[^\s/@]{1,128})@")

_PASSWORD_MARKS = (
    *("passw", "pass w", "passc", "pass c", "passph", "pass p", "pass:", "pass=", "pass :", "pass ="),
    *("pwd", "pw:", "pw=", "pw :", "pw =", "kennwort", "mot de passe", "contrase", "senha", "wachtwoord"),
    *("hasło", "haslo", "пароль", "lösenord", "passord", "parola"),
    *("şifre", "密码", "密碼", "パスワード", "비밀번호"),
)  # fmt: skip
#: The marks that begin with "pass", which "passenger" does too.
_PASS = re.compile(r"pass(?:w|c|ph|[:=]| [wcp:=])")
_NO_PASS = ("pw", *(mark for mark in _PASSWORD_MARKS if "pass" not in mark and "pw" not in mark))
_TOKEN_MARKS = ("key", "token", "secret", "bearer", "basic ", "authoriz", "credential", "sharedaccess")
#: One of the first must be there, one of the second is where `_CODE` begins.
_CODES = ("pin", "cvv", "cvc", "csc", "verification", "one-time", "one time", "otp", "2fa", "mfa")
_CODE_MARKS = ("code", "cv", *(mark for mark in _CODES if not mark.startswith("cv")))
_CODE_WORDS = (*_CODES, "security code", "card verification", "authentication", "sms", "login")


def _has_password(view: View) -> bool:
    if "pass" in view.low and (_PASS.search(view.low) or "mot de passe" in view.low or "passord" in view.low):
        return True
    return view.names(_NO_PASS)


def _has_code(view: View) -> bool:
    return view.names(_CODE_MARKS)


def _value(match: re.Match[str]) -> Span | None:
    """Return the span of the value, without the full stop of its sentence; a placeholder is none."""
    group = next(name for name, value in match.groupdict().items() if value is not None)
    start, end = match.span(group)
    if group != "quoted":
        end -= len(match[group]) - len(match[group].rstrip(".?:"))
    inside = match.string[start:end]
    if not inside or inside.startswith("["):
        return None
    return start, end


PATTERNS: tuple[Pattern, ...] = (
    TextPattern("url_credentials", _SECRET, _URL_LOGIN, lambda view: "://" in view.text, _value),
    TextPattern("cookie", _SECRET, _COOKIE, lambda view: "cookie" in view.low, _value),
    TextPattern("passphrase", _SECRET, _PASSPHRASE, lambda view: "phrase" in view.low, _value),
    NamedPattern(
        "password", _SECRET, _PASSWORD_MARKS, _PASSWORD_WORD, _PASSWORD, _value, 0, possible=_has_password
    ),
    NamedPattern(
        "password_told",
        *(_SECRET, _PASSWORD_MARKS, _PASSWORD_WORD, _PASSWORD_TOLD, _value, 0),
        possible=_has_password,
    ),
    NamedPattern(
        "token",
        _SECRET,
        _TOKEN_MARKS,
        _TOKEN_WORD,
        _TOKEN,
        _value,
        final=frozenset({"key", "token", "secret", "bearer"}),
    ),
    NamedPattern("code", "[code]", _CODE_WORDS, None, _CODE, _value, 3, possible=_has_code),
)

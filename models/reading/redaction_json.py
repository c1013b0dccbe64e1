"""Redaction of structured values: a secret is known by the name of its field as well as by its form."""

from typing import Any

import orjson

from groundswell.models.event_parts import json_text
from groundswell.models.reading.redaction import Redactor

SECRET = "[secret]"  # noqa: S105 (what stands in place of one)
#: Names of fields that hold a secret, in lower case, letters and digits alone.
_SECRET_FIELDS = frozenset(
    {
        *(
            "password",
            "passwd",
            "pwd",
            "passphrase",
            "passcode",
            "passwort",
            "contrasena",
            "senha",
            "motdepasse",
        ),
        *(
            "secret",
            "secretkey",
            "clientsecret",
            "sharedsecret",
            "signingsecret",
            "webhooksecret",
            "seedphrase",
        ),
        *("apikey", "xapikey", "apisecret", "apitoken", "accesskey", "secretaccesskey", "awssecretaccesskey"),
        *("token", "accesstoken", "refreshtoken", "idtoken", "authtoken", "bearertoken", "sessiontoken"),
        *("csrftoken", "privatekey", "encryptionkey", "signingkey", "accountkey", "connectionstring"),
        *("authorization", "proxyauthorization", "auth", "cookie", "setcookie", "sessionid", "credential"),
        *("credentials", "pin", "pincode", "otp", "totp", "mfacode", "cvv", "cvc", "cvv2", "securitycode"),
        *("ssn", "socialsecuritynumber", "cardnumber", "creditcardnumber", "iban", "accountpassword"),
        *("currentpassword", "newpassword", "oldpassword", "userpassword", "dbpassword", "securityanswer"),
    }
)
#: One of these is in every such name.
_MARKS = (
    *(
        "pass",
        "pwd",
        "secret",
        "key",
        "token",
        "auth",
        "cookie",
        "session",
        "credential",
        "pin",
        "otp",
        "mfa",
    ),
    *(
        "cv",
        "securit",
        "ssn",
        "social",
        "card",
        "iban",
        "senha",
        "contras",
        "phrase",
        "connection",
        "motdepasse",
    ),
)
#: Longest text in which single values are looked at; beyond it the text as a whole is.
_WALKED = 32_000


def redact_value(value: Any, redactor: Redactor, limit: int) -> str:
    """Return a JSON value as redacted text, of about *limit* characters at most.

    Text that is JSON is read as JSON. What stands in fields that are named for secrets goes whole,
    everything else by its form. The result is JSON again wherever nothing but whole values was replaced.
    """
    text = json_text(value)
    if isinstance(value, str):
        value = _parsed(value)
    if isinstance(value, dict | list):
        cleared = _cleared(value) if any(mark in text.lower() for mark in _MARKS) else value
        if cleared is not value and cleared != value:
            value, text = cleared, json_text(cleared)
        if len(text) <= _WALKED and redactor.redact(text) != text:
            text = json_text(_leaves(value, redactor))
        elif len(text) <= min(_WALKED, limit):
            return text
    return redactor.redact(text[:limit])


def _parsed(text: str) -> Any:
    """Return the JSON in a text, or the text where there is none."""
    if text.lstrip()[:1] not in ("{", "["):
        return text
    try:
        return orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return text


def _cleared(value: Any) -> Any:
    """Return *value* without what stands in fields that are named for secrets."""
    if isinstance(value, dict):
        return {key: SECRET if _is_secret(key, one) else _cleared(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_cleared(one) for one in value]
    if isinstance(value, str) and (parsed := _parsed(value)) is not value:
        cleared = _cleared(parsed)
        return value if cleared == parsed else json_text(cleared)
    return value


def _is_secret(key: str, value: Any) -> bool:
    if value is None or isinstance(value, bool) or value in ("", [], {}):
        return False
    return "".join(filter(str.isalnum, key)).lower() in _SECRET_FIELDS


def _leaves(value: Any, redactor: Redactor, key: str = "") -> Any:
    """Return *value* with each of its texts and numbers redacted in the light of its field's name."""
    if isinstance(value, dict):
        return {redactor.redact(name): _leaves(one, redactor, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_leaves(one, redactor, key) for one in value]
    if value is None or isinstance(value, bool):
        return value
    told, head = json_text(value), f'"{key}": "'
    redacted = redactor.redact(f'{head}{told}"')
    if not redacted.startswith(head):
        redacted = head + redactor.redact(told) + '"'
    found = redacted[len(head) : -1]
    return value if found == told else found

"""Attribute values that should be text or JSON and may be anything: cut off, nested, of another type."""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

import orjson

#: What is looked at of a JSON text that was cut off, characters.
_MENDED = 1_000_000


def first(attributes: Mapping[str, Any], names: Iterable[str]) -> Any:
    """Return the value of the first of *names* that is there and not empty, else None."""
    for name in names:
        value = attributes.get(name)
        if value is not None and value != "":
            return value
    return None


def label(value: Any, limit: int = 256) -> str | None:
    """Return a short text for a value that names something, else None."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).replace("\x00", "\ufffd").strip()[:limit] or None


def text_of(value: Any) -> str:
    """Return a value as text: text as it is, nothing as nothing, else JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value, default=_plain).decode()
    except orjson.JSONEncodeError:
        return ""  # nested deeper than can be written


def parsed(value: Any) -> tuple[Any, bool]:
    """Return what an attribute says, and whether it had been cut off.

    JSON text becomes what it means; if it was cut (OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT), what is
    left of it. Any other text stays text.
    """
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value, False
    try:
        return orjson.loads(value), False
    except orjson.JSONDecodeError:
        rest = mended(value[:_MENDED])
        return (value, False) if rest is None else (rest, True)


def mended(value: str) -> Any:
    """Return what a cut-off JSON text says up to the cut; None if it was no JSON before that either.

    One pass notes which brackets are open and whether the cut is inside a string; then the string is
    closed, a member without a value is dropped, and the brackets are closed.
    """
    open_brackets: list[str] = []
    inside = escaped = False
    for character in value:
        if inside:
            inside = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            inside = True
        elif character in "{[":
            open_brackets.append("}" if character == "{" else "]")
        elif character in "}]" and (not open_brackets or open_brackets.pop() != character):
            return None
    closing = "".join(reversed(open_brackets))
    if inside:
        cut = _without_escape(value)
        endings = [f'{cut}"', f'{cut}":null']
    else:
        cut = value.rstrip().rstrip(",")
        endings = [cut, f"{cut}null", f"{cut}:null", cut[: cut.rfind(",") + 1].rstrip(",")]
    for ending in endings:
        try:
            return orjson.loads(ending + closing)
        except orjson.JSONDecodeError:
            continue
    return None


def _without_escape(value: str) -> str:
    """Return *value* without an escape sequence that the cut left unfinished."""
    start = value.rfind("\\", max(0, len(value) - 6))
    while start > 0 and value[start - 1] == "\\":
        start -= 1
    tail = value[start:] if start >= 0 else ""
    slashes = len(tail) - len(tail.lstrip("\\"))
    if slashes % 2 == 0:
        return value
    rest = tail[slashes:]
    whole = len(rest) >= 5 if rest[:1] == "u" else len(rest) >= 1
    return value if whole else value[: start + slashes - 1]


def writable(value: Any, depth: int = 100) -> bool:
    """Return whether *value* is nested less than *depth* deep, so that it can be sent on as JSON."""
    level = [value]
    for _ in range(depth):
        level = [item for one in level for item in _items(one)]
        if not level:
            return True
    return False


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def slice_of(value: Any) -> str | int | float | bool | None:
    """Return a value that conversations may be filtered by: a number, a flag or a short text."""
    if isinstance(value, str):
        return value if 0 < len(value) <= 64 else None
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else None
    return value if isinstance(value, float) and isfinite(value) else None


def _plain(value: Any) -> str:
    """Return bytes as text, for JSON."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

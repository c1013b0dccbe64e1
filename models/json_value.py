"""Reading JSON values whose shape is not certain: another version of us may have written them.

Each function gives the value if it has the type that is wanted, else an empty one.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

_LARGEST = 2**53


def text(value: Any, limit: int = 2_000) -> str:
    """Return a string of at most *limit* characters, fit for UTF-8; ``""`` if there is none."""
    if not isinstance(value, str):
        return ""
    return value[:limit].encode("utf-8", "replace").decode()


def number(value: Any) -> float | None:
    """Return a finite number, or None; a boolean is not one.

    >>> number(2), number("2"), number(True)
    (2.0, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def whole(value: Any) -> int:
    """Return an integer within the 53 bits that JSON carries exactly; 0 if there is none."""
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return max(-_LARGEST, min(_LARGEST, value))


def mapping(value: Any) -> Mapping[str, Any]:
    """Return an object, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> Sequence[Any]:
    """Return an array, or an empty one."""
    return value if isinstance(value, list | tuple) else ()


def texts(value: Any, limit: int = 50) -> tuple[str, ...]:
    """Return the strings of an array, at most *limit* of them, each at most 200 characters."""
    return tuple(text(item, 200) for item in items(value)[:limit] if isinstance(item, str))


def strings(value: Any) -> dict[str, str]:
    """Return the members of an object whose values are strings."""
    return {text(key): text(member) for key, member in mapping(value).items() if isinstance(member, str)}

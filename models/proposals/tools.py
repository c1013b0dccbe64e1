"""Tools by what their names and results tell: reads and writes, handoffs, kinds of error, record types.

No list of tools is configured. The verb that a name starts with decides, which held for every
tool of the tau-bench, tau2-bench and STAR agents.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

ErrorKind = Literal["infrastructure", "schema", "not_found", "rule"]

_READ_VERB = re.compile(
    r"(get|find|list|search|look_?up|fetch|read|check|calculate|calc|think|query|retrieve|show|view)(?=_|$|[A-Z])"
)
_HANDOFF = re.compile(r"transfer|escalat|hand_?off|human", re.IGNORECASE)

#: Tested on error results only: prices and ids match the bare numbers everywhere else.
_INFRASTRUCTURE = re.compile(
    r"(?:^|\b(?:error|http|status|code)\b\W{0,4})(50[0-4]|429|408)\b|service unavailable|bad gateway"
    r"|gateway time|timed? ?out|connection (?:refused|reset|aborted|error)|rate.?limit|too many requests"
    r"|temporarily|internal server error|overloaded|unreachable",
    re.IGNORECASE,
)
_SCHEMA = re.compile(
    r"validation error|missing|required|invalid (?:arg|param|type)|unexpected keyword|json", re.IGNORECASE
)
_NOT_FOUND = re.compile(r"not found|no such|does not exist|unknown", re.IGNORECASE)
_ERROR_HEAD = 300

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_RECORD_TAIL = frozenset(
    {"details", "detail", "info", "information", "data", "record", "status", "summary", "by"}
)
_ID_KEY = re.compile(r"(?:^|_)(?:id|uuid|number|no|key)$|[a-z](?:Id|ID|Number|Key)$")

_TOOL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")


def is_tool_name(name: str) -> bool:
    """Return whether a text has the form of a tool's name, and nothing else in it."""
    return _TOOL_NAME.fullmatch(name) is not None


def is_read(name: str) -> bool:
    """Return whether a tool only reads, by the verb its name starts with."""
    return _READ_VERB.match(name) is not None


def is_handoff(name: str) -> bool:
    """Return whether a tool hands the user to a person."""
    return _HANDOFF.search(name) is not None


def is_write(name: str) -> bool:
    """Return whether a tool changes something: neither a read nor a handoff."""
    return not is_read(name) and not is_handoff(name)


def error_kind(result: str) -> ErrorKind:
    """Return what an error result says: the system failed, or the call was wrong, or a rule refused it."""
    if _INFRASTRUCTURE.search(result[:_ERROR_HEAD]):
        return "infrastructure"
    if _SCHEMA.search(result):
        return "schema"
    return "not_found" if _NOT_FOUND.search(result) else "rule"


def name_words(name: str) -> list[str]:
    """Return the lower-case words of a snake_case or camelCase name."""
    return [word.lower() for word in _WORD.findall(name)]


def record_type(reader: str) -> str | None:
    """Return the record that a reading tool returns, where its name tells.

    >>> record_type("get_reservation_details"), record_type("get_order_details"), record_type("think")
    ('reservation', 'order', None)
    """
    nouns = []
    for word in name_words(reader)[1:]:
        if word in _RECORD_TAIL:
            break
        nouns.append(word)
    return " ".join(nouns) if 1 <= len(nouns) <= 3 else None


def id_arguments(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Return the string arguments that name an object, by the form of their keys."""
    return {
        key: value
        for key, value in arguments.items()
        if isinstance(value, str) and value and _ID_KEY.search(key)
    }


def object_ids(tool: str, arguments: Mapping[str, Any]) -> dict[str, str]:
    """Return the id arguments whose record the tool's own name mentions: what the call acts on.

    >>> object_ids("cancel_reservation", {"reservation_id": "R1", "payment_id": "P1"})
    {'reservation_id': 'R1'}
    """
    subject = set(name_words(tool))
    return {
        key: value for key, value in id_arguments(arguments).items() if subject & set(name_words(key)[:-1])
    }


def leaves(value: object, depth: int = 16) -> Iterator[str]:
    """Yield the scalar values inside nested lists and mappings, as strings, down to `depth` levels."""
    if isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            if depth:
                yield from leaves(item, depth - 1)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def attributes(record: object) -> Iterator[tuple[str, str]]:
    """Yield the top-level attributes of a JSON object as text: scalars, and `name.count` for lists."""
    if not isinstance(record, Mapping):
        return
    for key, value in record.items():
        if isinstance(value, list):
            yield f"{key}.count", str(len(value))
        elif value is None or isinstance(value, str | bool | int | float):
            yield key, str(value)

"""Which format a file has: what its first rows look like."""

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

import orjson

from groundswell.models.dialogue import is_dialogue
from groundswell.models.importing import langfuse, langsmith, openai

Format = Literal["native", "dialogue", "openai", "langfuse", "langsmith", "csv"]
FORMATS: tuple[Format, ...] = get_args(Format)
#: Rows that are looked at: a file may begin with some that are broken.
LOOKED_AT = 100

_TYPES = ("turn", "feedback", "outcome", "end", "tick")
_SAYS = (
    "choose one with --format native|dialogue|openai|langfuse|langsmith|csv (for a table, with --map "
    "conversation_id=COLUMN --map role=COLUMN --map text=COLUMN)"
)


class UnknownFormat(ValueError):
    """Nothing in the first rows says what they are; the message says what was seen and what to do."""


def format_of(lines: Sequence[bytes], name: str) -> Format:
    """Return the format of the file called *name* by its first *lines*.

    Raises UnknownFormat.
    """
    plain = name.lower().removesuffix(".gz")
    if plain.endswith((".csv", ".tsv")):
        return "csv"
    rows = list(_rows(lines))
    found = next((form for row in rows if (form := row_format(row)) is not None), None)
    if found is not None:
        return found
    if not rows and lines and _is_header(lines[0]):
        return "csv"
    raise UnknownFormat(f"{name}: {_seen(lines, rows)}; {_SAYS}")


def row_format(row: object) -> Format | None:
    """Return the format that a JSON row is of, or None."""
    if is_dialogue(row):
        return "dialogue"
    if langsmith.fits(row):
        return "langsmith"
    if isinstance(row, dict) and _is_native(row):
        return "native"
    if langfuse.fits(row):
        return "langfuse"
    return "openai" if openai.fits(row) else None


def _is_native(row: dict[str, object]) -> bool:
    if "specversion" in row or row.get("type") in _TYPES:
        return True
    return "conversation_id" in row and bool({"role", "text", "tool", "feedback", "outcome"} & row.keys())


def _rows(lines: Iterable[bytes]) -> Iterable[object]:
    for line in lines:
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(row, dict | list):
            yield row


def _is_header(line: bytes) -> bool:
    return line[:1] not in (b"{", b"[") and any(mark in line for mark in (b",", b";", b"\t", b"|"))


def _seen(lines: Sequence[bytes], rows: Sequence[object]) -> str:
    if lines[0] in (b"[", b"{") or (not rows and lines[0][:1] in (b"[", b"{")):
        return (
            "it looks like one JSON document over many lines; write one row a line "
            "(jq -c '.[]' FILE), or if it is JSON lines"
        )
    if not rows:
        return f"the first {len(lines)} rows are no JSON (the first begins {lines[0][:40]!r})"
    first = rows[0]
    if isinstance(first, dict):
        return f"rows are objects with the keys {', '.join(map(str, first))[:200] or '(none)'}"
    return "rows are lists, but not of messages with a role"

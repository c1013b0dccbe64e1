"""The lines of a unified diff, each with what it is and its number in the old and the new file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

LineKind = Literal["file", "hunk", "added", "removed", "context", "note"]

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_KINDS: dict[str, LineKind] = {"+": "added", "-": "removed", " ": "context", "": "context", "\\": "note"}


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line; *text* is without its marker, numbers are None where the file has no such line."""

    kind: LineKind
    text: str
    old: int | None = None
    new: int | None = None

    @property
    def marker(self) -> str:
        """The sign that stands before the line in the diff."""
        return {"added": "+", "removed": "-"}.get(self.kind, " ")


def diff_lines(diff: str) -> Iterator[DiffLine]:
    r"""Yield the lines of a unified diff. Lines before the first hunk are ``file`` lines.

    >>> [line.kind for line in diff_lines("--- a/p\n+++ b/p\n@@ -1 +1 @@\n-old\n+new\n")]
    ['file', 'file', 'hunk', 'removed', 'added']
    """
    old = new = 0
    for raw in diff.removesuffix("\n").split("\n"):
        hunk = _HUNK.match(raw)
        if hunk:
            old, new = int(hunk[1]), int(hunk[2])
            yield DiffLine("hunk", raw)
        elif not (old or new):
            yield DiffLine("file", raw)
        else:
            kind = _KINDS.get(raw[:1], "file")
            in_old, in_new = kind in ("context", "removed"), kind in ("context", "added")
            yield DiffLine(
                kind, raw if kind == "file" else raw[1:], old if in_old else None, new if in_new else None
            )
            old, new = old + in_old, new + in_new

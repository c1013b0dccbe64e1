"""A unified diff of one edit, and the diff that takes it back, as `git apply` and `patch -p1` read them.

Python's difflib writes a corrupt hunk where a file lacks a newline at its end, and its
splitlines cuts at characters that are no line ends to git. Lines here end at LF only (the CR of a
CRLF file is part of the line), and a last line without LF is followed by the marker that both
tools expect. One edit is one hunk: what the two texts share at both ends is context.
"""

from dataclasses import dataclass

_CONTEXT = 3
_NO_NEWLINE = "\\ No newline at end of file\n"


@dataclass(frozen=True, slots=True)
class Patch:
    """The diff from base to edited text, its inverse, and how many lines they add and remove."""

    unified_diff: str
    inverse_diff: str
    lines_added: int
    lines_removed: int


def make_patch(path: str, before: str, after: str) -> Patch:
    """Return the patch of one file between two texts.

    Raises:
        ValueError: the texts are equal; there is nothing to patch.

    """
    if before == after:
        raise ValueError(f"the edit of {path} changes nothing; an empty diff is no proposal")
    old, new = _lines(before), _lines(after)
    head = _shared(old, new)
    tail = _shared(old[head:][::-1], new[head:][::-1])
    return Patch(
        unified_diff=_diff(path, old, new, head, tail),
        inverse_diff=_diff(path, new, old, head, tail),
        lines_added=len(new) - head - tail,
        lines_removed=len(old) - head - tail,
    )


def _lines(text: str) -> list[str]:
    """Return the lines with their LF; the last one without it where the text ends so."""
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _shared(old: list[str], new: list[str]) -> int:
    count = 0
    for left, right in zip(old, new, strict=False):
        if left != right:
            break
        count += 1
    return count


def _diff(path: str, old: list[str], new: list[str], head: int, tail: int) -> str:
    start = max(head - _CONTEXT, 0)
    after = min(tail, _CONTEXT)
    old_end, new_end = len(old) - tail, len(new) - tail
    body = [
        *_marked(" ", old[start:head]),
        *_marked("-", old[head:old_end]),
        *_marked("+", new[head:new_end]),
        *_marked(" ", old[old_end : old_end + after]),
    ]
    old_range = _range(start, old_end + after - start)
    new_range = _range(start, new_end + after - start)
    # A tab ends a name with spaces: patch would cut it at the first blank.
    end = "\t" if " " in path else ""
    header = f"--- a/{path}{end}\n+++ b/{path}{end}\n@@ -{old_range} +{new_range} @@\n"
    return header + "".join(body)


def _marked(sign: str, lines: list[str]) -> list[str]:
    return [f"{sign}{line}" if line.endswith("\n") else f"{sign}{line}\n{_NO_NEWLINE}" for line in lines]


def _range(start: int, count: int) -> str:
    """Return a hunk range: lines count from 1, and an empty range names the line before it."""
    return f"{start + 1 if count else start},{count}"

"""Where a rule goes in a prompt: onto the line it strengthens, or after the block that line is in.

Never inside a list: the rule would become one of its alternatives.
"""

import re

_BULLET = re.compile(r"\s*([-*+]\s+)")
_NUMBERED = re.compile(r"\s*\d+[.)]\s+")
_BREAK = re.compile(r"#{1,6}\s|\s*(```|~~~)")


def appended(text: str, line: int, words: str) -> str:
    """Return the text with words added at the end of a line (0-based)."""
    start, end = _span(text, line)
    end = start + len(text[start:end].rstrip())
    return f"{text[:end]} {words}{text[end:]}"


def inserted(text: str, line: int | None, rule: str) -> str:
    """Return the text with a rule added after the block of a line, or at the end where line is None.

    A bullet that stands alone between blank lines is followed by another such bullet; any other
    list is left whole, and the rule follows as a paragraph of its own.
    """
    eol = "\r\n" if "\r\n" in text else "\n"
    lines = [part.rstrip("\r") for part in text.split("\n")]
    if line is None:
        body = text.rstrip()
        return f"{body}{eol * 2 if body else ''}{rule}{text[len(body) :] or eol}"
    last = _block_end(lines, line)
    bullet = _BULLET.match(lines[line])
    if bullet and last == line and not (line and lines[line - 1].strip()):
        rule = bullet[1] + rule
    _, end = _span(text, last)
    follows = last + 1 < len(lines) and bool(lines[last + 1].strip())
    return f"{text[:end]}{eol * 2}{rule}{eol if follows else ''}{text[end:]}"


def _block_end(lines: list[str], line: int) -> int:
    """Return the last line of the paragraph or list that a line is in."""
    last = line
    while last + 1 < len(lines):
        following = lines[last + 1]
        if following.strip() and not _BREAK.match(following):
            last += 1
        elif _NUMBERED.match(lines[line]) and not following.strip() and _numbered(lines, last + 2):
            last += 2
        else:
            break
    return last


def _numbered(lines: list[str], line: int) -> bool:
    return line < len(lines) and _NUMBERED.match(lines[line]) is not None


def _span(text: str, line: int) -> tuple[int, int]:
    """Return where a line's content starts and ends, without its line end."""
    start = 0
    for _ in range(line):
        start = text.index("\n", start) + 1
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    return start, end - 1 if text[start:end].endswith("\r") else end

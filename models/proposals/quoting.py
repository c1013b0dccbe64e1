"""Untrusted text made safe to show: one line, no controls, nothing that a renderer or a bot acts on.

Conversations decide intent names, excerpts and record values. In a pull request they could ping
people, close issues, load images or pose as instructions; here they stay visible and inert.
"""

import re
import unicodedata

#: Breaks the sequences that hosts act on, and shows as nothing.
_BREAK = "\u200b"
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_LOOKALIKES = str.maketrans({"`": "'", "<": "\u2039", ">": "\u203a"})
_ACTIVE = re.compile(r"@(?=\w)|#(?=\d)|!(?=\[)|\](?=\()|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=-)(?=-)")
_REFERENCE = re.compile(r"\b(GH|[A-Z]{2,10})-(?=\d)|[!&](?=\d)")


def plain(text: str, limit: int) -> str:
    """Return a text on one line, without control, format or unassigned characters, cut to `limit`."""
    head = text[: limit * 4]
    kept = (" " if char.isspace() else char for char in head if _shown(char))
    line = " ".join("".join(kept).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _shown(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) not in _DROPPED


def inert(text: str, limit: int) -> str:
    """Return plain text in which mentions, references, links, images, HTML and code do nothing."""
    line = plain(text, limit).translate(_LOOKALIKES)
    line = _ACTIVE.sub(lambda found: found[0] + _BREAK, line)
    return _REFERENCE.sub(lambda found: found[0] + _BREAK, line)


def fenced(lines: list[str], limit: int) -> str:
    """Return a Markdown code block of inert lines. No line can end the block: none holds a backtick."""
    return "\n".join(["```text", *(inert(line, limit) for line in lines), "```"])


def shortened(text: str, limit: int) -> str:
    """Return a text cut at a word to at most `limit` characters, with an ellipsis where it was cut.

    >>> shortened("change of flights", 10)
    'change of…'
    """
    if len(text) <= limit:
        return text
    words = text[:limit].rsplit(" ", 1)
    return (words[0] if len(words) == 2 else text[: limit - 1])[: limit - 1].rstrip(" ,.;:`") + "…"

"""What a tool call and its result show without knowing the tool."""

import hashlib
import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WRITE_VERBS = _words(
    "book update cancel modify return exchange send create delete schedule submit pay change add remove rsvp "
    "reserve request report plan issue set write post put insert refund transfer upload"
)
_READ_VERBS = _words("get find list search lookup check think read fetch query view verify show count")
_READ_WORDS = frozenset(("search", "status", "balance"))
_HANDOFF = re.compile(r"transfer_?to_?(?:a_?)?(?:human|agent)|hand_?off|escalat", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PARTS = re.compile(r"[^A-Za-z0-9]+")
_ERROR = re.compile(
    r"\b(?:error|failed|failure|invalid|not found|unavailable|exception|denied|no such|not available|unable"
    r"|unsuccessful|cannot|timeout|timed out)\b"
    r"|\b(?:status|code|http)\W{0,4}(?:code\W{0,4})?50[0-4]\b"
    r"|\b50[0-4] (?:internal|not implemented|bad gateway|service|gateway)",
    re.IGNORECASE,
)
# `"error": null` and its like say that there was none.
_NO_ERROR = re.compile(
    r"\b(?:error|failure|exception)s?\b\W{0,4}(?:null|none|false|0|no)\b|\b(?:error|failure)s?\"?\s?:\s?(?:\"\"|\[\]|\{\})"
    r"|\bno (?:error|failure|exception)s?\b",
    re.IGNORECASE,
)
#: Characters of a result in which error words are looked for; further down is content.
_RESULT_OPENING = 300


def is_write_tool(name: str) -> bool:
    """Return whether a tool of this name changes something, judged by its words.

    It needs a verb of change among its words, and neither a reading verb at the start nor a reading
    word anywhere: ``get_order_details`` and ``search_returns`` only read, ``ride_book`` writes.
    A handoff changes nothing that the user asked for.
    """
    words = [word for word in _PARTS.split(_CAMEL.sub("_", name[:256]).lower()) if word]
    if not words or words[0] in _READ_VERBS or words[0].startswith("calc") or is_handoff_tool(name):
        return False
    return _READ_WORDS.isdisjoint(words) and not _WRITE_VERBS.isdisjoint(words)


def is_handoff_tool(name: str) -> bool:
    """Return whether a tool of this name hands the conversation to a person."""
    return _HANDOFF.search(name[:256]) is not None


def looks_like_error(result: str) -> bool:
    """Return whether the opening of a tool's result speaks of an error; for results without a flag."""
    opening = result[:_RESULT_OPENING]
    return _ERROR.search(opening) is not None and _ERROR.search(_NO_ERROR.sub(" ", opening)) is not None


def call_digest(name: str, arguments: str) -> str:
    """Return 16 hexadecimal digits (8 bytes) by which an identical call is known again."""
    call = f"{len(name)}\n{name}{arguments}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(call, digest_size=8).hexdigest()

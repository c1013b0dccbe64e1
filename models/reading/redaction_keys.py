"""Keys that tell by their form what they are: private keys, JWTs, and what vendors prefix for scanners."""

import re

from groundswell.models.reading.redaction_pattern import Pattern, Span, TextPattern
from groundswell.models.reading.redaction_view import View

_PEM_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
# A run of characters is searched once: the look-behind lets a token begin only where its run begins.
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]{0,}){1,3}")

#: (mark that must be in the text, the key), as the vendors document them.
_VENDORS = (
    (
        "sk-",
        r"sk-(?:ant-|proj-|or-v1-|lf-|svcacct-)?[A-Za-z0-9_-]{20,}",
    ),  # OpenAI, Anthropic, OpenRouter, Langfuse
    ("gh", r"gh[pousr]_[A-Za-z0-9]{30,}"),  # GitHub
    ("github_pat_", r"github_pat_[A-Za-z0-9_]{30,}"),
    ("gl", r"gl(?:pat|ptt|dt|rt|soat)-[A-Za-z0-9_-]{16,}"),  # GitLab
    ("A", r"(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}"),  # AWS
    ("AIza", r"AIza[0-9A-Za-z_-]{30,}"),  # Google
    ("GOCSPX-", r"GOCSPX-[A-Za-z0-9_-]{20,}"),
    ("ya29.", r"ya29\.[A-Za-z0-9_-]{20,}"),
    ("xox", r"xox[abeoprs]-[A-Za-z0-9-]{10,}"),  # Slack
    ("hooks.slack.com", r"(?<=hooks\.slack\.com/services/)T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{16,}"),
    ("k_", r"[spr]k_(?:live|test)_[A-Za-z0-9]{16,}"),  # Stripe
    ("whsec_", r"whsec_[A-Za-z0-9+/=]{20,}"),
    ("SG.", r"SG\.[\w-]{16,}\.[\w-]{16,}"),  # SendGrid
    ("hf_", r"hf_[A-Za-z0-9]{30,}"),  # Hugging Face
    ("npm_", r"npm_[A-Za-z0-9]{30,}"),
    ("pypi-", r"pypi-AgE[A-Za-z0-9_-]{40,}"),
    ("shp", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),  # Shopify
    ("_v1_", r"do[opr]_v1_[0-9a-f]{64}"),  # DigitalOcean
    ("gls", r"glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}"),  # Grafana
    ("lin_", r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}"),
    ("gsk_", r"gsk_[A-Za-z0-9]{40,}"),  # Groq
    ("hv", r"hv[sb]\.[A-Za-z0-9_-]{24,}"),  # Vault
    ("dckr_pat_", r"dckr_pat_[A-Za-z0-9_-]{20,}"),
    ("key-", r"key-[0-9a-f]{32}"),  # Mailgun
    ("-us", r"[0-9a-f]{32}-us\d{1,2}"),  # Mailchimp
    ("SK", r"SK[0-9a-f]{32}"),  # Twilio
    ("dapi", r"dapi[0-9a-f]{32}"),  # Databricks
    ("ATATT3", r"ATATT3[A-Za-z0-9_=-]{40,}"),  # Atlassian
    ("lsv2_", r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),  # LangSmith
    ("r8_", r"r8_[A-Za-z0-9]{37}"),  # Replicate
    ("ntn_", r"ntn_[A-Za-z0-9]{40,}"),  # Notion
    ("figd_", r"figd_[A-Za-z0-9_-]{40}"),
    ("PMAK-", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),  # Postman
    ("NRAK-", r"NRAK-[A-Z0-9]{27}"),  # New Relic
    ("sbp_", r"sbp_[0-9a-f]{40}"),  # Supabase
    ("AGE-SECRET-KEY-", r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    (":AA", r"\d{8,10}:AA[A-Za-z0-9_-]{32,34}"),  # Telegram
)
_MARKS = (
    *(mark for mark, _ in _VENDORS if mark not in ("A", "gh", "gl", "hv")),
    *("AKIA", "ASIA", "ABIA", "ACCA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
    *("glpat-", "glptt-", "gldt-", "glrt-", "glsoat-", "hvs.", "hvb."),
)
_VENDOR_KEY = re.compile(r"(?<![A-Za-z0-9])(?:" + "|".join(key for _, key in _VENDORS) + r")(?![A-Za-z0-9])")


#: Every key is a part of a run of twenty of these, or has such a run beside it.
_OF_RUN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")
#: One letter for all of them: so one look tells where a run is long.
_ALIKE = bytes(97 if byte in _OF_RUN else 32 for byte in range(256))
_LONG_RUN = b"a" * 20
#: Keys that may be shorter, or have other characters in them: their marks are looked for everywhere.
_ANYWHERE = (b":AA", b"hooks.slack.com", b"xox", b"whsec_", b"ATATT3")
_IN_RUN = tuple(mark.encode() for mark in _MARKS if mark.encode() not in _ANYWHERE)


def _private_key(match: re.Match[str]) -> Span:
    """Return the span to the end marker; a key that was cut off runs to the end of the text."""
    end = _PEM_END.search(match.string, match.end())
    return match.start(), end.end() if end else len(match.string)


def _has_vendor_mark(view: View) -> bool:
    alike = view.coded.translate(_ALIKE)
    runs: list[bytes] = []
    start = alike.find(_LONG_RUN)
    while start >= 0:
        end = alike.find(b" ", start)
        runs.append(view.coded[start : end if end >= 0 else None])
        start = alike.find(_LONG_RUN, end) if end >= 0 else -1
    return bool(runs) and (_one_of(_IN_RUN, b" ".join(runs)) or _one_of(_ANYWHERE, view.coded))


def _one_of(marks: tuple[bytes, ...], coded: bytes) -> bool:
    for mark in marks:  # noqa: SIM110 (a generator costs as much as the look)
        if mark in coded:
            return True
    return False


PATTERNS: tuple[Pattern, ...] = (
    TextPattern("private_key", "[key]", _PEM_BEGIN, lambda view: "-----B" in view.text, _private_key),
    TextPattern("jwt", "[token]", _JWT, lambda view: "eyJ" in view.text),
    TextPattern("vendor_key", "[key]", _VENDOR_KEY, _has_vendor_mark),
)

"""What happened, in one plain sentence for whoever is on call."""

from typing import NamedTuple

from groundswell.models.contract import rfc3339
from groundswell.models.spike import SpikeKind
from groundswell.models.spikes.detector import Evidence
from groundswell.models.spikes.watch import MAX_KNOWN_USERS

MAX_NAME = 80
#: An intent without a past has no usual share to be a multiple of.
MAX_RATIO = 100.0


class Facts(NamedTuple):
    """What a summary draws on. Minutes are minutes since the epoch."""

    name: str
    kind: SpikeKind
    evidence: Evidence
    users: int
    onset: int
    minute: int
    share_before: float
    share_after: float
    failure_rate: float | None


def summary_of(facts: Facts, status: str, reason: str) -> str:
    """Return the sentence; names were written by strangers, so they are one quoted, bounded line."""
    if status == "resolved":
        return _resolved(facts, reason)
    return {
        SpikeKind.VOLUME: _volume,
        SpikeKind.EMERGING: _emerging,
        SpikeKind.FAILURE: _failure,
        SpikeKind.SLOW_BURN: _slow_burn,
    }[facts.kind](facts)


def clock(minute: int, now: int) -> str:
    """Return the time of *minute*, with its date unless that is today.

    >>> clock(845, 900), clock(845, 3000)
    ('14:05 UTC', '1970-01-01 14:05 UTC')
    """
    text = rfc3339(minute * 60_000)
    return ("" if minute // 1440 == now // 1440 else text[:10] + " ") + text[11:16] + " UTC"


def _volume(facts: Facts) -> str:
    seen = facts.evidence
    numbers = f"{seen.observed:.0f} instead of {_few(seen.expected)} {_since(facts)}"
    times = (
        f"{seen.ratio:.1f}x their usual share" if seen.ratio < MAX_RATIO else "far above their usual share"
    )
    return f"Conversations about {_quoted(facts)} are {times} ({numbers}), {_users(facts)}"


def _emerging(facts: Facts) -> str:
    numbers = f"{facts.evidence.observed:.0f} {_since(facts)}, {facts.share_after:.1%} of all"
    return f"New: conversations about {_quoted(facts)} ({numbers}), {_users(facts)}"


def _failure(facts: Facts) -> str:
    seen = facts.evidence
    usual = seen.expected / seen.decided if seen.decided else 0.0
    numbers = f"{seen.observed:.0f} of {seen.decided} {_since(facts)}, usually {usual:.0%}"
    times = f"{seen.ratio:.1f}x as often as usual"
    return f"Conversations about {_quoted(facts)} fail {times} ({numbers}), {_users(facts)}"


def _slow_burn(facts: Facts) -> str:
    seen = facts.evidence
    numbers = f"{seen.failures} of {seen.decided}, {facts.failure_rate or 0.0:.0%}"
    return (
        f"Conversations about {_quoted(facts)} keep failing ({numbers}) "
        f"and are {facts.share_after:.0%} of all, without a rise"
    )


def _resolved(facts: Facts, reason: str) -> str:
    what = {
        "subsided": "are back to usual",
        "new normal": "have kept their new level, which is now taken as usual",
        "regrouped": "are now counted under another intent",
        "dismissed": "were dismissed by a person: they raise no alarm",
    }[reason]
    return f"Conversations about {_quoted(facts)} {what} (raised {_since(facts)})"


def _quoted(facts: Facts) -> str:
    line = " ".join(facts.name.replace('"', "'").split())
    return f'"{line if len(line) <= MAX_NAME else line[: MAX_NAME - 1] + "…"}"'


def _few(number: float) -> str:
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}"


def _since(facts: Facts) -> str:
    return f"since {clock(facts.onset, facts.minute)}"


def _users(facts: Facts) -> str:
    if facts.users >= MAX_KNOWN_USERS:
        return f"{MAX_KNOWN_USERS} users or more"
    return "1 user" if facts.users == 1 else f"{facts.users} users"

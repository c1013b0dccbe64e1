"""Evidence: the conversations behind a finding, by reference, each with one short excerpt."""

import json

from groundswell.models.change_edit import MAX_EVIDENCE, MAX_EXCERPT, Evidence, EvidenceItem
from groundswell.models.change_envelope import digest_of
from groundswell.models.proposals.finding import Finding
from groundswell.models.proposals.quoting import plain
from groundswell.models.proposals.target import Trigger
from groundswell.models.proposals.thread import Thread

_SAID, _CALLED = 110, 120


def evidence_of(finding: Finding, trigger: Trigger) -> Evidence:
    """Return up to 20 conversations of a finding, in its order, and the count of those left out."""
    positions = finding.shown
    turns = finding.outage.unrecovered if finding.outage else finding.pattern.holders
    items = tuple(
        _item(finding.threads[position], turns.get(position, finding.pattern.holders[position]), trigger)
        for position in positions[:MAX_EVIDENCE]
    )
    return Evidence(
        total=len(positions), included=len(items), truncated=len(positions) - len(items), items=items
    )


def well_formed(text: str) -> str:
    """Return a text that UTF-8 can carry: lone surrogates become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _item(thread: Thread, turn: int, trigger: Trigger) -> EvidenceItem:
    start, excerpt = _excerpt(thread, turn)
    return EvidenceItem(
        conversation_id=well_formed(thread.conversation_id),
        turn_range=(start, turn),
        url=trigger.url_of(thread.conversation_id),
        excerpt_redacted=excerpt,
        content_digest=digest_of(excerpt),
    )


def _excerpt(thread: Thread, turn: int) -> tuple[int, str]:
    """Return the user's last words before a turn and the call made there, with the words' index."""
    start, said, called = turn, "", ""
    for spoken in thread.turns:
        if spoken.index > turn:
            break
        if spoken.role == "user":
            start, said = spoken.index, spoken.text
        if spoken.index == turn and spoken.tool is not None:
            arguments = json.dumps(dict(spoken.tool.arguments), default=str, ensure_ascii=False)
            called = f"{spoken.tool.name} {arguments[: _CALLED * 4]}"
    return start, f"user: {plain(said, _SAID)} / call: {plain(called, _CALLED)}"[:MAX_EXCERPT]

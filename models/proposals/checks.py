"""Machine checks on a draft, whoever wrote it: small, concrete, addressed to nobody, deleting nothing."""

import re
from collections.abc import Collection
from typing import Literal

from groundswell.models.change_edit import Conflict, EditBudget
from groundswell.models.proposals.quoting import plain
from groundswell.models.proposals.rules import RuleBook

Violation = Literal[
    "over_budget", "user_value", "hedge", "markup", "duplicate", "vague_mechanism", "deletes", "no_evidence"
]

BUDGET = EditBudget(max_lines=3, max_chars=600)
MIN_MECHANISM = 40
#: At this cosine, opposite polarity found 81 of 119 negated rules, with 11 false alarms in 189.
_SAME_SUBJECT = 0.7
_COMPARED = 3

_USER_VALUE = re.compile(r"[A-Z]\w*\d{3,}|\b\w+_\w+_\d{3,}|#\w*\d{3,}|[$€£]\s?\d+|\d{4,}|[\w.+-]+@[\w-]+\.\w")
_HEDGE = re.compile(
    r"\b(should (try|consider|aim|generally)|if (you are )?unsure|as (needed|appropriate)|if necessary"
    r"|when (possible|appropriate)|try to|be (cautious|careful)|make sure|usually|generally"
    r"|careful|polite|helpful|appropriate|properly|best)\b",
    re.IGNORECASE,
)
_MARKUP = re.compile(
    r"```|~~~|<<<|>>>|<!--|</?\w+[^>]*>|https?://|\]\(|[\x00-\x09\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\ufeff]"
    r"|\b(ignore|disregard|forget)\b.{0,20}\b(all|any|previous|prior|above|earlier|instructions?|rules?)\b"
    r"|\bsystem prompt\b|\byou are now\b",
    re.IGNORECASE,
)
_VAGUE = re.compile(
    r"not (smart|capable|good) enough|(better|stronger|larger) model|improve (the )?(onboarding|quality)"
    r"|improve (the )?prompt|be more (careful|accurate|helpful)|hallucinat",
    re.IGNORECASE,
)
_CONCRETE = re.compile(r"`[^`]+`")
_NEGATIVE = re.compile(
    r"\b(not|never|no|cannot|can't|don't|without|deny|decline|refuse|only if|unless|strict)\b", re.IGNORECASE
)


def mechanism_is_vague(mechanism: str) -> bool:
    """Return whether a mechanism blames in general, is too short, or names nothing that can be looked up."""
    return (
        len(mechanism) < MIN_MECHANISM
        or _VAGUE.search(mechanism) is not None
        or _CONCRETE.search(mechanism) is None
    )


def check_words(words: str, book: RuleBook, names: Collection[str] = ()) -> list[Violation]:
    """Return what is wrong with the words of a new rule; `names` are tools and attributes it may name."""
    found: list[Violation] = []
    if words.count("\n") + 1 > BUDGET.max_lines or len(words) > BUDGET.max_chars:
        found.append("over_budget")
    spared = words
    for name in sorted(names, key=len, reverse=True):
        spared = spared.replace(name, "")
    if _USER_VALUE.search(spared):
        found.append("user_value")
    if _HEDGE.search(words):
        found.append("hedge")
    if _MARKUP.search(words):
        found.append("markup")
    if book.says(words):
        found.append("duplicate")
    return found


def check_edit(before: str, after: str, mechanism: str, evidence: Collection[object]) -> list[Violation]:
    """Return what is wrong with an edit of a prompt: a vague reason, no evidence, or a line lost."""
    found: list[Violation] = []
    if mechanism_is_vague(mechanism):
        found.append("vague_mechanism")
    if len(evidence) < 2:
        found.append("no_evidence")
    if loses_text(before, after):
        found.append("deletes")
    return found


def loses_text(before: str, after: str) -> bool:
    """Return whether a line of the old text is not in the new one, in order, whole or extended."""
    lines = iter(after.split("\n"))
    return not all(any(old.strip() in new for new in lines) for old in before.split("\n") if old.strip())


def conflicts(words: str, book: RuleBook) -> tuple[Conflict, ...]:
    """Return the nearest rules compared with the new words; same subject and opposite polarity is flagged.

    A flag asks a person to look; it does not block, because near copies of a rule raise it too.
    """
    denies = _NEGATIVE.search(words) is not None
    found = []
    for rule, cosine in book.similar(words)[:_COMPARED]:
        opposite = (_NEGATIVE.search(rule.text) is not None) != denies
        found.append(
            Conflict(
                line=rule.line + 1,
                text=plain(rule.text, 160),
                similarity=round(cosine, 3),
                verdict="review" if cosine >= _SAME_SUBJECT and opposite else "compatible",
            )
        )
    return tuple(found)

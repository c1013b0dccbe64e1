"""The draft: the smallest edit of one file against one mechanism, checked, or the reason for none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from groundswell.models.change import WithheldReason
from groundswell.models.change_edit import Conflict
from groundswell.models.change_parts import Lever
from groundswell.models.proposals.checks import (
    Violation,
    check_edit,
    check_words,
    conflicts,
    mechanism_is_vague,
)
from groundswell.models.proposals.finding import Finding
from groundswell.models.proposals.harness import AlreadyRetriedError, NoSafeEditError, with_retries
from groundswell.models.proposals.patch import Patch, make_patch
from groundswell.models.proposals.placing import appended, inserted
from groundswell.models.proposals.rules import STRENGTHEN_AT, Match, RuleBook
from groundswell.models.proposals.search import Refusal
from groundswell.models.proposals.target import AgentFiles, TargetFile


@dataclass(frozen=True)
class Draft:
    """An edit of one file that answers a finding, with the patch and what was checked."""

    finding: Finding
    lever: Lever
    kind: Literal["system_prompt", "harness"]
    file: TargetFile
    patch: Patch
    rationale: str
    conflicts: tuple[Conflict, ...] = ()


def draft(finding: Finding, files: AgentFiles, book: RuleBook | None) -> Draft | Refusal:
    """Draft the edit for a finding, in the file that its lever names."""
    if finding.outage is not None:
        return _draft_harness(finding, files.harness)
    if files.prompt is None or book is None:
        return _refuse(finding, "no_target_file", "No system prompt is configured for this agent.")
    return _draft_prompt(finding, files.prompt, book)


def _draft_prompt(finding: Finding, file: TargetFile, book: RuleBook) -> Draft | Refusal:
    wording, pattern = finding.wording, finding.pattern
    match = book.nearest(wording.query, pattern.tool)
    exists = match is not None and match.score >= STRENGTHEN_AT
    words = wording.strengthening if exists else wording.addition
    if words is None:
        return _refuse(finding, "no_rule_to_strengthen", "The prompt has no rule that this would strengthen.")
    line = match.rule.line if match else None
    join = wording.appended and line is not None
    after = (
        appended(file.text, line, words) if join and line is not None else inserted(file.text, line, words)
    )
    violations = check_words(words, book, _names(finding))
    violations += check_edit(file.text, after, wording.mechanism, finding.failing)
    if violations:
        return _refuse(
            finding, _reason(violations), f"The draft broke these checks: {', '.join(violations)}."
        )
    patch = make_patch(file.path, file.text, after)
    return Draft(
        finding, "prompt", "system_prompt", file, patch, _rationale(match, exists), conflicts(words, book)
    )


def _draft_harness(finding: Finding, file: TargetFile | None) -> Draft | Refusal:
    tool = finding.pattern.tool
    if file is None:
        return _refuse(finding, "no_target_file", "No harness file is configured to retry in.")
    if mechanism_is_vague(finding.wording.mechanism):
        return _refuse(finding, "check_failed", "The draft broke these checks: vague_mechanism.")
    try:
        after = with_retries(file.text, tool)
    except AlreadyRetriedError as error:
        return _refuse(finding, "rule_already_present", f"{error}; the outage lasts longer than its retries.")
    except NoSafeEditError as error:
        return _refuse(finding, "no_safe_edit", f"{error}.")
    rationale = f"An identical call of `{tool}` later succeeded: the harness can ask again without a turn."
    return Draft(finding, "harness", "harness", file, make_patch(file.path, file.text, after), rationale)


def _refuse(finding: Finding, reason: WithheldReason, why: str) -> Refusal:
    brief = f"{finding.wording.mechanism} {why}"
    return Refusal(reason, brief, finding.pattern, finding.threads, finding.gate)


def _names(finding: Finding) -> list[str]:
    state = finding.pattern.precondition
    names = [finding.pattern.tool, finding.pattern.after, state.attribute if state else ""]
    return [name for name in names if name]


def _reason(violations: Sequence[Violation]) -> WithheldReason:
    if "duplicate" in violations:
        return "rule_already_present"
    return "over_budget" if "over_budget" in violations else "check_failed"


def _rationale(match: Match | None, exists: bool) -> str:
    if match is None:
        return "The file has no rule yet."
    place = f"line {match.rule.line + 1}"
    if exists:
        return f"Strengthens the rule at {place} (nearness {match.score:.2f}), which is not followed."
    return f"Adds a rule; the nearest one, at {place} (nearness {match.score:.2f}), does not say it."

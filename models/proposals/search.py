"""The search: which patterns of an agent's conversations pass their gate, and why the others do not."""

from collections.abc import Sequence
from dataclasses import dataclass

from groundswell.models.change import WithheldReason
from groundswell.models.change_parts import GateFigures
from groundswell.models.proposals.contrast import MIN_FAILURES, Contrast, alpha_for, contrast, sample_of
from groundswell.models.proposals.finding import Finding
from groundswell.models.proposals.outage import Outage, find_outages
from groundswell.models.proposals.patterns import Pattern, find_patterns
from groundswell.models.proposals.rules import RuleBook
from groundswell.models.proposals.thread import Thread
from groundswell.models.proposals.tools import is_write

#: Patterns stopped for one reason that are reported, the strongest first.
MAX_NEAR_MISSES = 10
EVEN_ODDS = 0.5


@dataclass(frozen=True)
class Refusal:
    """A change that will not be proposed: a closed reason, a brief for a person, and what it is about."""

    reason: WithheldReason
    brief: str
    pattern: Pattern | None = None
    threads: Sequence[Thread] = ()
    gate: GateFigures | None = None

    @property
    def key(self) -> str:
        """The mechanism refused, or the reason where there is none."""
        return self.pattern.key if self.pattern is not None else f"none:{self.reason}"


@dataclass(frozen=True)
class Tested:
    """A candidate with its contrast and the level that it had to reach."""

    pattern: Pattern
    contrast: Contrast
    figures: GateFigures

    @property
    def passed(self) -> bool:
        """Whether the contrast passes its gate."""
        return self.contrast.passes(self.figures.alpha)

    @property
    def harmful(self) -> bool:
        """Whether there is something to report: enough failures, and more than chance's even odds."""
        return self.contrast.p < EVEN_ODDS and self.contrast.failed_with >= MIN_FAILURES


def search(
    threads: Sequence[Thread], book: RuleBook | None, news: int | None = None
) -> tuple[list[Finding], list[Refusal]]:
    """Return the findings and refusals of all families.

    `book` is None where no prompt is configured; *news* is for `alpha_for`.
    """
    outages, stopped = _outages(threads)
    findings, refusals = _contrasts([thread for thread in threads if thread.failed is not None], book, news)
    findings, refusals = outages + findings, stopped + refusals
    if not findings and not refusals:
        refusals.append(_no_mechanism(threads))
    return findings, refusals


def run_tests(
    threads: Sequence[Thread], patterns: Sequence[Pattern], news: int | None = None
) -> list[Tested]:
    """Contrast every pattern over threads with known outcome, at the level their number leaves each.

    *news*: how many of the threads are new since the last look, see `alpha_for`.
    """
    if not patterns:
        return []
    sample, alpha = sample_of(threads), alpha_for(len(threads), len(patterns), news)
    results = [(pattern, contrast(pattern, sample)) for pattern in patterns]
    return [Tested(pattern, result, _figures(result, alpha, len(patterns))) for pattern, result in results]


def split_by_prompt(
    patterns: Sequence[Pattern], book: RuleBook | None
) -> tuple[list[Pattern], list[Pattern]]:
    """Return the candidates, and the preconditions whose attribute the tool's prompt section never names.

    Such an attribute marks hard tasks more often than it causes anything: "limit flight changes
    when there is one passenger" had 23 failures of 27 and would have refused lawful changes.
    """
    candidates: list[Pattern] = []
    unnamed: list[Pattern] = []
    for pattern in patterns:
        state = pattern.precondition
        named = state is None or book is None or book.names_attribute(state.tool, state.attribute)
        (candidates if named else unnamed).append(pattern)
    return candidates, unnamed


def _contrasts(
    known: list[Thread], book: RuleBook | None, news: int | None
) -> tuple[list[Finding], list[Refusal]]:
    failures = sum(bool(thread.failed) for thread in known)
    if min(failures, len(known) - failures) < MIN_FAILURES:
        return [], [_too_few(failures, len(known))]
    candidates, unnamed = split_by_prompt(find_patterns(known), book)
    tested = run_tests(known, candidates, news)
    findings = [
        Finding(test.pattern, known, contrast=test.contrast, gate=test.figures)
        for test in tested
        if test.passed
    ]
    missed = sorted((test for test in tested if test.harmful and not test.passed), key=_nearness)
    marks = sorted((test for test in run_tests(known, unnamed, news) if test.passed), key=_nearness)
    refusals = [_refuse("gate", test, known) for test in missed[:MAX_NEAR_MISSES]]
    refusals += [_refuse("attribute_not_in_prompt", test, known) for test in marks[:MAX_NEAR_MISSES]]
    return findings, refusals


def _outages(threads: Sequence[Thread]) -> tuple[list[Finding], list[Refusal]]:
    findings, refusals = [], []
    for outage in find_outages(threads):
        pattern = Pattern("outage", outage.tool, outage.hit, outage.callers)
        if outage.passes and is_write(outage.tool):
            refusals.append(Refusal("unsafe_retry", _unsafe(outage), pattern, threads))
        elif outage.passes:
            findings.append(Finding(pattern, threads, outage=outage))
        elif len(outage.hit) > 1:
            refusals.append(
                Refusal("gate", f"{outage_line(outage)} This is below the gate.", pattern, threads)
            )
    return findings, refusals


def outage_line(outage: Outage) -> str:
    """Return an outage's figures as a sentence."""
    return (
        f"`{outage.tool}` failed with an infrastructure error in {outage.errors} of {outage.calls} calls; "
        f"{len(outage.hit)} of the {len(outage.callers)} conversations that called it were hit, and "
        f"{outage.recovered} of them got every answer by asking again."
    )


def contrast_line(figures: GateFigures, tool: str) -> str:
    """Return a contrast's figures as a sentence."""
    others = f"called `{tool}`" if tool else "changed something"
    return (
        f"{figures.failed_with} of {figures.with_pattern} conversations with the pattern failed, against "
        f"{figures.failed_without} of {figures.without_pattern} others that {others}."
    )


def _refuse(reason: WithheldReason, test: Tested, threads: Sequence[Thread]) -> Refusal:
    figures, finding = test.figures, Finding(test.pattern, threads, contrast=test.contrast)
    why = {
        "gate": f"p {figures.p:.3f} against alpha {figures.alpha:.4f}, odds ratio {figures.odds_ratio:.1f} "
        f"({figures.groups} groups, {figures.candidates} candidates): this may be chance, or a mark of "
        "harder tasks.",
        "attribute_not_in_prompt": "No prompt section about this tool names the attribute. It may mark "
        "harder tasks; if a rule depends on it, the prompt should say so.",
    }[reason]
    brief = f"{finding.wording.mechanism} {contrast_line(figures, test.pattern.tool)} {why}"
    return Refusal(reason, brief, test.pattern, threads, figures)


def _nearness(test: Tested) -> tuple[float, str]:
    return test.contrast.p, test.pattern.key


def _figures(result: Contrast, alpha: float, candidates: int) -> GateFigures:
    return GateFigures(
        failed_with=result.failed_with,
        with_pattern=result.with_pattern,
        failed_without=result.failed_without,
        without_pattern=result.without_pattern,
        odds_ratio=round(result.odds_ratio, 3),
        p=round(result.p, 6),
        alpha=round(alpha, 6),
        groups=result.groups,
        candidates=candidates,
    )


def _unsafe(outage: Outage) -> str:
    return (
        f"{outage_line(outage)} The tool changes something, and a call that answered with an error may have "
        "run: retry it only with an idempotency key."
    )


def _too_few(failures: int, known: int) -> Refusal:
    return Refusal(
        "too_few_outcomes",
        f"{known} conversations have a known outcome, {failures} of them failed; a contrast needs at least "
        f"{MIN_FAILURES} failures and {MIN_FAILURES} successes. Send outcome events, or wait for more.",
    )


def _no_mechanism(threads: Sequence[Thread]) -> Refusal:
    failures = sum(bool(thread.failed) for thread in threads)
    return Refusal(
        "no_mechanism",
        f"{failures} of {len(threads)} conversations failed, and no step that a template can name separates "
        "them from the others that called the same tools. The intent goes on gathering conversations.",
    )

"""The expectation of a draft: which metric should move, to where, and how much it takes to see it."""

from math import ceil, sqrt

from scipy import stats

from groundswell.models.change_edit import Cohort, Expectation, Scalar
from groundswell.models.change_parts import IntentRef
from groundswell.models.proposals.draft import Draft
from groundswell.models.proposals.finding import Finding
from groundswell.models.proposals.outage import MIN_RATE

WINDOW = "P14D"
GUARDRAILS = ("completion_rate", "escalation_rate", "repair_rate")
MIN_SAMPLE = 30
_MAX_SAMPLE = 1_000_000


def expectation_of(draft: Draft, intent: IntentRef) -> Expectation:
    """Return what the merge should change: the intent's failure rate, or the tool's error rate."""
    outage = draft.finding.outage
    if outage is not None:
        metric, baseline, target = "tool_error_rate", outage.errors / outage.calls, MIN_RATE
        cohort: dict[str, Scalar] = {"tool": outage.tool}
    else:
        metric, cohort = "failure_rate", {"intent_id": intent.id}
        baseline, target = _failure_rates(draft.finding, intent)
    return Expectation(
        metric=metric,
        intent_id=intent.id,
        cohort=Cohort(filter=cohort),
        baseline=round(baseline, 6),
        direction="down",
        target=round(target, 6),
        min_sample=sample_size(baseline, target),
        window=WINDOW,
        guardrails=GUARDRAILS,
    )


def _failure_rates(finding: Finding, intent: IntentRef) -> tuple[float, float]:
    """Return the intent's failure rate, and the rate without the failures that the pattern adds."""
    positions = [i for i, thread in enumerate(finding.threads) if intent.id in thread.intents]
    positions = positions or list(range(len(finding.threads)))
    failed = sum(bool(finding.threads[i].failed) for i in positions)
    added = finding.confidence * sum(i in finding.blamed for i in positions)
    return failed / len(positions), (failed - added) / len(positions)


def sample_size(before: float, after: float) -> int:
    """Return the observations per side that show a difference of proportions, at 5 % and power 80 %.

    The normal approximation for two independent proportions, two-sided (Fleiss 1981); at least 30.
    """
    if before == after:
        return _MAX_SAMPLE
    mean = (before + after) / 2
    quantiles = stats.norm.isf(0.025) * sqrt(2 * mean * (1 - mean)) + stats.norm.isf(0.2) * sqrt(
        before * (1 - before) + after * (1 - after)
    )
    return min(max(ceil(float(quantiles / (before - after)) ** 2), MIN_SAMPLE), _MAX_SAMPLE)

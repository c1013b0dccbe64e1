"""The score: frequency x severity x stage x revenue exposure / fix cost, every part of it published.

Severity multiplies, and has a floor: one confirmed failure of the gravest kind counts as if a
twentieth of the traffic had it, so that rare and brutal can outrank common and mild.
"""

from groundswell.models.change_parts import Lever, Score, ScoreComponents
from groundswell.models.proposals.finding import Finding
from groundswell.models.proposals.thread import Thread

FORMULA_VERSION = "1"

#: Exponents of the components, and the constants that they are made from.
WEIGHTS = {
    "frequency": 1.0,
    "severity": 1.0,
    "stage": 1.0,
    "revenue": 1.0,
    "fix_cost": 1.0,
    "default_severity": 0.5,
    "recovered_severity": 0.1,
    "grave_severity": 0.9,
    "grave_frequency_floor": 0.05,
    "stage_trial": 1.5,
    "stage_onboarding": 1.5,
    "stage_renewal": 1.5,
    "stage_other": 1.0,
    "fix_cost_prompt": 1.0,
    "fix_cost_config": 1.0,
    "fix_cost_harness": 2.0,
}


def score(finding: Finding, lever: Lever, rank: int = 1) -> Score:
    """Return the score of a finding among the conversations it was found in."""
    parts = ScoreComponents(
        frequency=round(_frequency(finding), 6),
        severity=round(_mean([_severity(finding, position) for position in finding.shown]), 6),
        stage=round(_mean([_stage(finding.threads[position]) for position in finding.shown]), 6),
        revenue=round(_revenue(finding), 6),
        fix_cost=WEIGHTS[f"fix_cost_{lever}"],
    )
    value = (
        parts.frequency ** WEIGHTS["frequency"]
        * parts.severity ** WEIGHTS["severity"]
        * parts.stage ** WEIGHTS["stage"]
        * parts.revenue ** WEIGHTS["revenue"]
        / parts.fix_cost ** WEIGHTS["fix_cost"]
    )
    return Score(
        value=round(value, 9), components=parts, weights=WEIGHTS, formula_version=FORMULA_VERSION, rank=rank
    )


def _frequency(finding: Finding) -> float:
    """Return the share of the conversations that the pattern hurts, with the floor for a grave one."""
    share = len(finding.shown) / len(finding.threads)
    grave = any(
        finding.threads[position].confirmed and _severity(finding, position) >= WEIGHTS["grave_severity"]
        for position in finding.failing
    )
    return max(share, WEIGHTS["grave_frequency_floor"]) if grave else share


def _severity(finding: Finding, position: int) -> float:
    """Return the severity slice (0 to 1) of a failing thread, or the default; little for a mere delay."""
    if position not in finding.blamed:
        return WEIGHTS["recovered_severity"]
    given = _number(finding.threads[position], "severity")
    return given if given is not None and given <= 1 else WEIGHTS["default_severity"]


def _stage(thread: Thread) -> float:
    stage = str(thread.slices.get("stage", "")).lower()
    return WEIGHTS.get(f"stage_{stage}", WEIGHTS["stage_other"])


def _revenue(finding: Finding) -> float:
    """Return 1 + the share of the known revenue that the hurt conversations carry."""
    total = sum(_number(thread, "revenue") or 0.0 for thread in finding.threads)
    hurt = sum(_number(finding.threads[position], "revenue") or 0.0 for position in finding.shown)
    return 1 + hurt / total if total > 0 else 1.0


def _number(thread: Thread, name: str) -> float | None:
    """Return a slice that is a number of 0 or more and finite, or None."""
    value = thread.slices.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < 1e15 else None


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0

"""The contrast: whether conversations with a pattern fail more often than others that called the tool.

One-sided Mantel-Haenszel test over strata (Mantel & Haenszel 1959), with z divided by the square root of
the design effect of clustered sampling, 1 + ICC (sum m^2 / n - 1) (Kish 1965), because conversations of
one user or task resemble each other. There is no continuity correction: it makes the test far stricter
than the level it is held to (as with the mid-p value, Lancaster 1961), and what the test lets through is
measured, look by look, on shuffled outcomes (`benchmarks/proposals.py`).

The gate spends an error budget of one false proposal in 1,000 conversations, and since an agent is looked
at again and again, it spends it over the looks (Lan & DeMets 1983): each may use what the conversations
new since the last one have earned. Looks overlap, so one that finds a fifth of its conversations new
passes a level for the first time with about a third of the level's probability (Brownian motion at
information 1, 1.25, 1.25^2...; .27 to .38 at levels of .02 to .005): three times the new conversations'
share is the level that this allows. It also asks for 5 failures of 3 groups, and for an odds ratio of 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from groundswell.models.proposals.patterns import Pattern
from groundswell.models.proposals.thread import Thread

Bools = NDArray[np.bool_]
Labels = NDArray[np.int64]

MAX_ALPHA = 0.02
FALSE_PER_CONVERSATION = 0.001
#: What repeated looks have in common allows a level so many times that of the new conversations alone.
OVERLAP = 3
MIN_FAILURES = 5
MIN_GROUPS = 3
#: With enough conversations every mark of slightly harder tasks is significant; it is no mechanism.
MIN_ODDS_RATIO = 2.0


@dataclass(frozen=True)
class Sample:
    """Aligned arrays over the threads of a contrast: outcome, and integer labels of stratum and group."""

    failed: Bools
    strata: Labels
    groups: Labels


@dataclass(frozen=True)
class Contrast:
    """Failures with the pattern and without it, the pooled odds ratio, and the clustered one-sided p.

    `groups` counts the distinct groups among the failures with the pattern.
    """

    failed_with: int
    with_pattern: int
    failed_without: int
    without_pattern: int
    odds_ratio: float
    p: float
    groups: int

    @property
    def rate_with(self) -> float:
        """The failure rate with the pattern."""
        return self.failed_with / max(self.with_pattern, 1)

    @property
    def rate_without(self) -> float:
        """The failure rate of the control group."""
        return self.failed_without / max(self.without_pattern, 1)

    @property
    def excess(self) -> float:
        """The share of the pattern's failures that the control's rate does not account for.

        The attributable fraction among the exposed (Miettinen 1974), never below 0.
        """
        return max(1 - self.rate_without / self.rate_with, 0.0) if self.failed_with else 0.0

    def passes(self, alpha: float) -> bool:
        """Return whether the contrast passes the gate at this alpha."""
        enough = self.failed_with >= MIN_FAILURES and self.groups >= MIN_GROUPS
        return self.p < alpha and enough and self.odds_ratio >= MIN_ODDS_RATIO


def sample_of(threads: Sequence[Thread]) -> Sample:
    """Return the arrays of threads with a known outcome."""
    return Sample(
        failed=np.array([bool(thread.failed) for thread in threads], dtype=np.bool_),
        strata=_codes([thread.stratum for thread in threads]),
        groups=_codes([thread.cluster for thread in threads]),
    )


def alpha_for(conversations: int, candidates: int, news: int | None = None) -> float:
    """Return the level that the error budget leaves for each of the candidates.

    *news*: how many of the conversations are new since the last look; all of them if there was none.
    """
    earned = conversations if news is None else min(conversations, OVERLAP * news)
    return min(MAX_ALPHA, FALSE_PER_CONVERSATION * earned / max(candidates, 1))


def contrast(pattern: Pattern, sample: Sample) -> Contrast:
    """Compare the pattern's holders with the rest of its domain."""
    domain = np.array(sorted(pattern.domain), dtype=np.int64)
    exposed = np.isin(domain, np.array(list(pattern.holders), dtype=np.int64))
    failed, groups = sample.failed[domain], sample.groups[domain]
    odds_ratio, z = mantel_haenszel(failed, exposed, sample.strata[domain])
    spread = np.sqrt(design_effect(failed, exposed, groups))
    return Contrast(
        failed_with=int((failed & exposed).sum()),
        with_pattern=int(exposed.sum()),
        failed_without=int((failed & ~exposed).sum()),
        without_pattern=int((~exposed).sum()),
        odds_ratio=odds_ratio,
        p=float(stats.norm.sf(z / spread)),
        groups=len(np.unique(groups[failed & exposed])),
    )


def mantel_haenszel(failed: Bools, exposed: Bools, strata: Labels) -> tuple[float, float]:
    """Return the pooled odds ratio (0.5 added to both sums) and the signed z of the summed tables.

    Strata where all failed, none failed, all were exposed or none was say nothing and drop out.
    """
    cells = np.bincount(strata * 4 + exposed * 2 + failed, minlength=4 * (int(strata.max()) + 1))
    spared_out, failed_out, spared_in, failed_in = cells.reshape(-1, 4).T.astype(np.float64)
    inside, outside = failed_in + spared_in, failed_out + spared_out
    failures, spared = failed_in + failed_out, spared_in + spared_out
    n = inside + outside
    informative = (inside > 0) & (outside > 0) & (failures > 0) & (spared > 0)
    n = np.where(informative, n, 2.0)
    odds = (failed_in * spared_out / n)[informative].sum() + 0.5
    against = (spared_in * failed_out / n)[informative].sum() + 0.5
    surplus = (failed_in - inside * failures / n)[informative].sum()
    variance = (inside * outside * failures * spared / (n * n * (n - 1)))[informative].sum()
    if variance == 0:
        return float(odds / against), 0.0
    return float(odds / against), float(surplus / np.sqrt(variance))


def design_effect(failed: Bools, exposed: Bools, groups: Labels) -> float:
    """Return by how much clustering inflates the variance: 1 where no group has two conversations.

    The intraclass correlation of the outcome is the analysis-of-variance estimate over the domain.
    """
    size = np.bincount(groups)
    size, failures = size[size > 0], np.bincount(groups, weights=failed)[size > 0]
    if size.max() < 2:
        return 1.0
    n, k = len(failed), len(size)
    mean = failures / size
    between = (size * (mean - failed.mean()) ** 2).sum() / max(k - 1, 1)
    within = (size * mean * (1 - mean)).sum() / max(n - k, 1)
    total = between + (n / k - 1) * within
    correlation = max((between - within) / total, 0.0) if total > 0 else 0.0
    held = np.bincount(groups[exposed])
    return float(max(1 + correlation * ((held**2).sum() / max(held.sum(), 1) - 1), 1.0))


def _codes(names: Sequence[str]) -> Labels:
    return np.unique(np.array(names, dtype=str), return_inverse=True)[1].astype(np.int64)

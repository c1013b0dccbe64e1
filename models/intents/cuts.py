"""The two levels of intents: which cuts of the tree to take.

The score of a cut is its macro silhouette and its compactness, less a price on the number of groups,
averaged with what earlier refits thought of that number. Scores are often flat over a wide range, so the
number of intents is not that of the best cut but a mean over all, weighed as in Bayesian model averaging
(Hoeting et al., 1999), with a prior about the root of half the events (the rule of thumb in Mardia, Kent and
Bibby, "Multivariate analysis", 1979): it moves little where the scores do. Sub-intents are a larger cut that
gives up a little more. They are what an event gets on arrival, and what was counted for one follows it whole:
it can be joined later, never parted. So a young stream, whose few intents hold much that will part, has more
of them for each intent.
"""

import math
from dataclasses import dataclass

import numpy as np

from groundswell.models.intents.compactness import log_spread
from groundswell.models.intents.geometry import Labels, Matrix, Scores
from groundswell.models.intents.history import History
from groundswell.models.intents.lloyd import lloyd
from groundswell.models.intents.params import EngineParams
from groundswell.models.intents.silhouette import macro_silhouette
from groundswell.models.intents.ward import FREE, Tree

FEWEST = 3  # groups of a cut
SMALL = 12  # up to so many groups every number is scored, ...
STEPS = 14  # ... and so many from there to the most
MEMBERS = 4  # micro-clusters per group at least, on average


def all_sizes(params: EngineParams) -> Labels:
    """Return the numbers of groups that are ever scored: every small one, then geometrically spaced."""
    large = np.round(np.geomspace(SMALL, params.widest, STEPS)).astype(np.int64)
    return np.unique(np.r_[FEWEST : SMALL + 1, large])


def candidates(sizes: Labels, rows: int, pins: int) -> Labels:
    """Return the positions in `sizes` that `rows` and `pins` allow, one at least."""
    low, high = max(FEWEST, pins), max(FEWEST + 1, rows // MEMBERS)
    found = np.flatnonzero((sizes >= low) & (sizes <= high))
    return found if len(found) else np.array([min(int(np.searchsorted(sizes, low)), len(sizes) - 1)])


def cut_score(places: Matrix, weights: Matrix, labels: Labels, params: EngineParams) -> float:
    """Return silhouette and compactness less the price of the number of groups."""
    price = params.size_penalty * float(np.log(labels.max() + 1))
    compact = -params.compactness * log_spread(places, weights, labels)
    return macro_silhouette(places, weights, labels) + compact - price


def remembered(curve: Scores, found: Labels, scores: Scores, params: EngineParams) -> Scores:
    """Return `curve` (one score per size, NaN where unknown) with new scores averaged in at `found`."""
    known = curve[found]
    fresh = np.where(np.isnan(known), scores, known + (1 - params.score_memory) * (scores - known))
    curve = curve.copy()
    curve[found] = fresh
    return curve


def choose(scores: Scores, sizes: Labels, total: float, params: EngineParams) -> tuple[int, int]:
    """Return the number of intents and that of sub-intents, given the score of each size.

    Intents: the mean of ln(number) over all sizes, each as likely as its score and what is usual for a
    stream of weight `total` say. Sub-intents: the largest size near enough to the best score, up to a
    multiple of the intents that falls towards `fine_ratio` as the stream grows.
    """
    logs = np.log(sizes)
    usual = np.log(params.usual_share) + 0.5 * np.log(max(total, 1.0))
    odds = scores / params.score_noise - 0.5 * ((logs - usual) / params.usual_spread) ** 2
    likely = np.exp(odds - odds.max()) * (np.gradient(logs) if len(sizes) > 1 else 1.0)
    intents = round(float(np.exp((likely * logs).sum() / likely.sum())))
    ratio = params.fine_ratio * (1 + math.sqrt(params.fine_youth / max(total, 1.0)))
    good = (scores >= scores.max() - params.fine_tolerance) & (sizes <= ratio * intents)
    return intents, max([intents, *sizes[good].tolist()])


@dataclass(frozen=True, slots=True)
class Levels:
    """The group of every micro-cluster at both levels, and what is remembered of the scores."""

    coarse: Labels
    fine: Labels
    curve: Scores


def find_levels(
    tree: Tree,
    places: Matrix,
    diffused: Matrix,
    weights: Matrix,
    owners: Labels,
    history: History | None,
    curve: Scores,
    params: EngineParams,
) -> Levels:
    """Score cuts of `tree` in the undiffused `places` and settle the chosen two on the `diffused` rows."""
    held = owners != FREE
    sizes = all_sizes(params)
    found = candidates(sizes, len(places), len(np.unique(owners[held])))
    scores = np.array([cut_score(places, weights, tree.cut(int(k)), params) for k in sizes[found]])
    curve = remembered(curve, found, scores, params)
    chosen = choose(curve[found], sizes[found], float(weights.sum()), params)
    settled = [lloyd(diffused, weights, tree.cut(k), held, history=history) for k in chosen]
    return Levels(settled[0], settled[1], curve)

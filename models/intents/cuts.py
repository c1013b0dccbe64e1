"""The two levels of intents: which cuts of the tree to take.

The score of a cut is its macro silhouette and its compactness, less a price on the number of groups,
averaged with what earlier refits thought of that number. Intents are the largest cut about as good as
the best one, where more than the square root of what was seen count as a crowd (that rule of thumb:
Pal and Bezdek, 1995); sub-intents are a larger cut that gives up a little more.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from groundswell.models.intents.compactness import log_spread
from groundswell.models.intents.geometry import Labels, Matrix, Scores
from groundswell.models.intents.lloyd import lloyd
from groundswell.models.intents.params import EngineParams
from groundswell.models.intents.silhouette import macro_silhouette
from groundswell.models.intents.ward import FREE, Tree

BLUR = 0.6  # steps by which scores are smoothed: more would blunt the edge of a plateau
STEPS = 40  # sizes between the fewest groups and the most, before rounding
FEWEST = 3  # groups of a cut
FEW_FINES = 5  # below so many sub-intents every size is looked at
MEMBERS = 4  # micro-clusters per group at least, on average
BELOW, ABOVE = 1.7, 1.5  # how far from the last result a narrow search goes, as factors


@dataclass(frozen=True, slots=True)
class Before:
    """How many intents and sub-intents the last full refit left, and whether to look at every size again."""

    intents: int
    fines: int
    wide: bool


def all_sizes(params: EngineParams) -> Labels:
    """Return the sizes that are ever tried, geometrically spaced."""
    return np.unique(np.round(np.geomspace(FEWEST, params.widest, STEPS)).astype(np.int64))


def candidates(sizes: Labels, rows: int, pins: int, before: Before) -> Labels:
    """Return the positions in `sizes` to try: all that `rows` allow, or those about the last result."""
    low, high = max(FEWEST, pins), max(FEWEST + 1, rows // MEMBERS)
    if not before.wide:
        low = max(low, int(before.intents / BELOW))
        high = min(high, int(before.fines * ABOVE))
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
    """Return the positions of the cut for intents and of the cut for sub-intents; `total` is the weight seen.

    Sub-intents know no crowd: where intents must wait until there are more events, an id that was given
    out can be joined to others later, but the events that share it could no longer be told apart.
    """
    smooth = gaussian_filter1d(scores, BLUR, mode="nearest") if len(scores) > 4 else scores
    crowd = np.maximum(0.0, np.log(sizes / np.sqrt(max(total, 1.0))))
    crowded = smooth - params.crowding * crowd
    coarse = int(np.flatnonzero(crowded >= crowded.max() - params.tolerance).max())
    natural = sizes[np.flatnonzero(smooth >= smooth.max() - params.plateau).max()]
    small_enough = sizes <= max(params.fine_ratio * sizes[coarse], sizes[coarse], natural)
    fine = int(np.flatnonzero((smooth >= smooth.max() - params.fine_tolerance) & small_enough).max())
    return coarse, max(coarse, fine)


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
    before: Before,
    curve: Scores,
    params: EngineParams,
) -> Levels:
    """Score cuts of `tree` in the undiffused `places` and settle the chosen two on the `diffused` rows."""
    held = owners != FREE
    sizes = all_sizes(params)
    found = candidates(sizes, len(places), len(np.unique(owners[held])), before)
    cuts = [tree.cut(int(size)) for size in sizes[found]]
    scores = np.array([cut_score(places, weights, cut, params) for cut in cuts])
    curve = remembered(curve, found, scores, params)
    coarse, fine = choose(curve[found], sizes[found], float(weights.sum()), params)
    settled = [lloyd(diffused, weights, cuts[i], held) for i in (coarse, fine)]
    return Levels(settled[0], settled[1], curve)

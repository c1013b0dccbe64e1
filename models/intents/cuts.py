"""The two levels of intents: which cuts of the tree to take.

The score of a cut is its macro silhouette less a price on the number of groups. Intents are the
largest cut about as good as the best one; sub-intents a larger one that gives up a little more.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from groundswell.models.intents.geometry import Labels, Matrix, Scores
from groundswell.models.intents.lloyd import lloyd
from groundswell.models.intents.params import EngineParams
from groundswell.models.intents.silhouette import macro_silhouette
from groundswell.models.intents.ward import FREE, Tree

WIDE_STEPS, NARROW_STEPS = 34, 16
FEWEST = 3  # groups of a cut
FEW_FINES = 5  # below so many sub-intents every size is looked at


@dataclass(frozen=True, slots=True)
class Before:
    """How many intents and sub-intents the last full refit left, and whether to look at every size again."""

    intents: int
    fines: int
    wide: bool


def candidate_sizes(rows: int, pins: int, before: Before, params: EngineParams) -> Labels:
    """Return the sizes to try, geometrically spaced: a wide grid, or one about the last result."""
    largest = max(4, min(rows // 4, params.widest))
    smallest = max(FEWEST, pins)
    if before.wide:
        grid = np.geomspace(smallest, largest, WIDE_STEPS)
    else:
        near = max(smallest, before.intents / 1.7)
        grid = np.geomspace(near, min(largest, before.fines * 1.5), NARROW_STEPS)
    return np.unique(np.round(grid).astype(np.int64))


def cut_score(places: Matrix, weights: Matrix, labels: Labels, params: EngineParams) -> float:
    """Return the macro silhouette less the price of the number of groups.

    The price rises with the weight seen: on small samples leaving one row out already punishes many groups.
    """
    total = float(weights.sum())
    price = params.size_penalty * total / (total + params.penalty_ramp)
    return macro_silhouette(places, weights, labels) - price * float(np.log(labels.max() + 1))


def choose(scores: Scores, sizes: Labels, params: EngineParams) -> tuple[int, int]:
    """Return the positions of the cut for intents and of the cut for sub-intents."""
    smooth = gaussian_filter1d(scores, 1.0, mode="nearest") if len(scores) > 4 else scores
    best = smooth.max()
    coarse = int(np.flatnonzero(smooth >= best - params.tolerance).max())
    small_enough = sizes <= max(params.fine_ratio * sizes[coarse], sizes[coarse])
    fine = int(np.flatnonzero((smooth >= best - params.fine_tolerance) & small_enough).max())
    return coarse, fine


@dataclass(frozen=True, slots=True)
class Levels:
    """The group of every micro-cluster at both levels."""

    coarse: Labels
    fine: Labels


def find_levels(
    tree: Tree,
    places: Matrix,
    diffused: Matrix,
    weights: Matrix,
    owners: Labels,
    before: Before,
    params: EngineParams,
) -> Levels:
    """Score cuts of `tree` in the undiffused `places` and settle the chosen two on the `diffused` rows."""
    held = owners != FREE
    sizes = candidate_sizes(len(places), len(np.unique(owners[held])), before, params)
    cuts = [tree.cut(int(size)) for size in sizes]
    scores = np.array([cut_score(places, weights, cut, params) for cut in cuts])
    coarse, fine = choose(scores, sizes, params)
    return Levels(lloyd(diffused, weights, cuts[coarse], held), lloyd(diffused, weights, cuts[fine], held))

"""The model between refits: sub-intents with centroids and thresholds, and the intent each belongs to."""

from dataclasses import dataclass, field

import numpy as np

from groundswell.models.intents.geometry import Labels, Matrix, Scores, directions, group_sums
from groundswell.models.record import Vector

PRIOR = 5.0  # events that the common mean similarity counts for in the threshold of one sub-intent
SINGLE = 3.0  # micro-clusters up to this weight are as far from centroids as single events are
LEAST = 1e-6  # weight of the others, so that no mean is empty


@dataclass(frozen=True, slots=True)
class Model:
    """Row i: id `fines[i]`, `intents[i]` it belongs to, unit centroid (axes,), least similarity of a member.

    `novelty` is the least similarity that joins a provisional intent.
    """

    fines: list[str]
    intents: list[str]
    centroids: Matrix
    thresholds: Scores
    novelty: float
    position: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "position", {fine: i for i, fine in enumerate(self.fines)})

    def nearest(self, place: Vector) -> int:
        """Return the row of the nearest centroid."""
        return int((self.centroids @ place).argmax())

    def groups(self) -> dict[str, str]:
        """Return the intent of every sub-intent."""
        return dict(zip(self.fines, self.intents, strict=True))

    def without(self, fines: set[str]) -> "Model":
        """Return the model without these sub-intents."""
        left = [i for i, fine in enumerate(self.fines) if fine not in fines]
        return Model(
            [self.fines[i] for i in left],
            [self.intents[i] for i in left],
            self.centroids[left],
            self.thresholds[left],
            self.novelty,
        )


def fit_model(
    places: Matrix, weights: Matrix, labels: Labels, fines: list[str], intents: list[str], spread: float
) -> Model:
    """Return centroids, and as thresholds shrunk mean similarities less `spread` standard deviations.

    Similarities are weighed over light micro-clusters, which stand for single events. Each is to the centroid
    of the others of its group: a group of few is near to each of its own.
    """
    groups = len(fines)
    weighted = places * weights[:, None]
    sums = group_sums(weighted, labels, groups)
    centroids = directions(sums)
    rest = directions(sums[labels] - weighted)
    alone = np.bincount(labels, minlength=groups)[labels] == 1
    similar = np.einsum("ij,ij->i", places, rest).astype(np.float64)
    light = np.where((weights <= SINGLE) & ~alone, weights, 0).astype(np.float64) + LEAST
    total = np.bincount(labels, light, groups)
    means = np.bincount(labels, light * similar, groups) / total
    common = float((light * similar).sum() / light.sum())
    deviation = float(np.sqrt((light * (similar - means[labels]) ** 2).sum() / light.sum()))
    thresholds = (total * means + PRIOR * common) / (total + PRIOR) - spread * deviation
    return Model(fines, intents, centroids, thresholds, common - spread * deviation)

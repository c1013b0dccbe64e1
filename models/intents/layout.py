"""The map: intents as points of a plane, near where they are alike.

Classical scaling (Torgerson, 1952) of the centres' cosines, which is a principal component analysis of
the centres. Signs are fixed, and the map is turned (orthogonal Procrustes, Schoenemann, 1966) so that
what was there before stays about where it was.
"""

from collections.abc import Mapping

import numpy as np

from groundswell.models.intents.geometry import Matrix, Scores

Place = tuple[float, float]
#: Intents in common from which a map is turned to the one before.
_FEWEST = 3
_DECIMALS = 4


def lay_out(intents: list[str], centres: Matrix, before: Mapping[str, Place]) -> dict[str, Place]:
    """Return a place within -1..1 for each intent, given unit `centres` (intents, axes)."""
    if not intents:
        return {}
    points = _turned(_plane(centres.astype(np.float64)), intents, before)
    scale = max(float(np.abs(points).max()), 1e-9)
    points = np.round(points / scale, _DECIMALS) + 0.0  # no -0.0
    return {intent: (float(x), float(y)) for intent, (x, y) in zip(intents, points, strict=True)}


def _plane(centres: Scores) -> Scores:
    """Return the two leading principal coordinates (intents, 2); the largest of each is positive."""
    middle = centres - centres.mean(0)
    values, vectors = np.linalg.eigh(middle @ middle.T)
    plane = np.zeros((len(centres), 2))
    for axis in range(min(2, len(values))):
        column = vectors[:, -1 - axis] * np.sqrt(max(values[-1 - axis], 0.0))
        plane[:, axis] = column * (1.0 if column[np.abs(column).argmax()] >= 0 else -1.0)
    return plane


def _turned(points: Scores, intents: list[str], before: Mapping[str, Place]) -> Scores:
    """Return the points turned or mirrored so that the known ones are nearest to where they were."""
    known = [row for row, intent in enumerate(intents) if intent in before]
    if len(known) < _FEWEST:
        return points
    old = np.array([before[intents[row]] for row in known])
    left, _, right = np.linalg.svd(points[known].T @ old)
    return np.asarray(points @ (left @ right))

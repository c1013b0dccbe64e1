"""The projection in which intents are told apart: principal components of the micro-clusters."""

from dataclasses import dataclass

import numpy as np

from groundswell.models.intents.geometry import Matrix, direction, directions
from groundswell.models.record import Vector


@dataclass(frozen=True, slots=True)
class Space:
    """A mean (dimension,) and axes (dimension, axes), C-contiguous; orthonormal unless people taught it."""

    mean: Vector
    axes: Matrix

    def project(self, vector: Vector) -> Vector:
        """Return the unit image (axes,) of one vector, by one matrix-vector product."""
        return direction(np.matmul(vector - self.mean, self.axes, dtype=np.float32))

    def project_rows(self, rows: Matrix) -> Matrix:
        """Return the unit images of rows; they are stored, never recomputed, as the last bit may differ."""
        return directions(np.matmul(rows - self.mean, self.axes, dtype=np.float32))

    def lift_rows(self, images: Matrix) -> Matrix:
        """Return `lift` of each row, shape (rows, dimension)."""
        gram = (self.axes.T @ self.axes).astype(np.float64)
        flat = np.linalg.solve(gram, images.T.astype(np.float64)).T.astype(np.float32)
        return np.asarray(self.mean + flat @ self.axes.T, np.float32)

    def lift(self, image: Vector) -> Vector:
        """Return a vector (dimension,) whose image is `image`."""
        flat = np.linalg.solve((self.axes.T @ self.axes).astype(np.float64), image.astype(np.float64))
        return (self.mean + self.axes @ flat.astype(np.float32)).astype(np.float32)


def fit_space(
    sums: Matrix, centres: Matrix, weights: Matrix, axes: int, metric: Matrix | None = None
) -> Space:
    """Return the space of the leading `axes` components of `centres` about the mean event.

    With a `metric` (dimension, dimension): of the centres as that maps them.
    """
    mean = (sums.sum(0) / weights.sum()).astype(np.float32)
    spread = (centres - mean) * np.sqrt(weights)[:, None]
    if metric is not None:
        spread = spread @ metric
    vectors = np.linalg.eigh(spread.T @ spread)[1][:, ::-1][:, :axes]
    if metric is not None:
        vectors = metric @ vectors
    return Space(mean, np.ascontiguousarray(vectors).astype(np.float32))

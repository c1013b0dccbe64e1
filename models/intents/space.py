"""The projection in which intents are told apart: principal components of the micro-clusters."""

from dataclasses import dataclass

import numpy as np

from groundswell.models.intents.geometry import Matrix, direction, directions
from groundswell.models.record import Vector


@dataclass(frozen=True, slots=True)
class Space:
    """A mean (dimension,) and principal axes (dimension, axes), C-contiguous."""

    mean: Vector
    axes: Matrix

    def project(self, vector: Vector) -> Vector:
        """Return the unit image (axes,) of one vector, by one matrix-vector product."""
        return direction(np.matmul(vector - self.mean, self.axes, dtype=np.float32))

    def project_rows(self, rows: Matrix) -> Matrix:
        """Return the unit images of rows; they are stored, never recomputed, as the last bit may differ."""
        return directions(np.matmul(rows - self.mean, self.axes, dtype=np.float32))

    def lift(self, image: Vector) -> Vector:
        """Return a vector (dimension,) whose image is `image`."""
        return np.asarray(self.mean + self.axes @ image, np.float32)


def fit_space(sums: Matrix, centres: Matrix, weights: Matrix, axes: int) -> Space:
    """Return the space of the leading `axes` components of `centres` about the mean event."""
    mean = (sums.sum(0) / weights.sum()).astype(np.float32)
    spread = (centres - mean) * np.sqrt(weights)[:, None]
    vectors = np.linalg.eigh(spread.T @ spread)[1]
    return Space(mean, np.ascontiguousarray(vectors[:, ::-1][:, :axes]).astype(np.float32))

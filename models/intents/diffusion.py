"""One step of diffusion: every row moves towards its nearest rows.

Coifman and Lafon, "Diffusion maps", 2006. It sharpens the valleys between clusters before the tree is built.
"""

import numpy as np
from scipy import sparse

from groundswell.models.intents.geometry import Matrix, directions, products


def diffuse(rows: Matrix, weights: Matrix, neighbours: int, temperature: float, pull: float = 0.5) -> Matrix:
    """Return unit rows mixed (`pull`) with the weighted softmax mean of their nearest `neighbours` rows."""
    count = len(rows)
    near = min(neighbours, count - 1)
    likeness = products(rows)
    np.fill_diagonal(likeness, -1)
    nearest = np.argpartition(likeness, count - near, axis=1)[:, -near:]
    shares = np.take_along_axis(likeness, nearest, 1)
    shares = np.exp((shares - shares.max(1, keepdims=True)) / temperature) * weights[nearest]
    shares /= shares.sum(1, keepdims=True)
    walk = sparse.csr_matrix(
        (shares.ravel().astype(np.float32), nearest.ravel(), np.arange(0, count * near + 1, near)),
        shape=(count, count),
    )
    return directions(((1 - pull) * rows + pull * np.asarray(walk @ rows)).astype(np.float32))

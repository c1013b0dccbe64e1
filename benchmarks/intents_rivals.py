"""What one would use instead of the engine, on the same vectors in the same order, for `intents.py`."""

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from river.cluster import DBSTREAM
from sklearn.cluster import HDBSCAN, Birch, KMeans, MiniBatchKMeans
from sklearn.decomposition import PCA

Labels = NDArray[np.int64]
Points = NDArray[np.float32]

LEADER = 0.45  # cosine that joins an event to a leader
BIRCH = 0.75  # radius of a subcluster
HDBSCAN_ROWS = 8_000  # it compares all pairs
DBSTREAM_ROWS = 3_000  # it takes dicts, and some milliseconds an event
FEWEST_MEMBERS = 10  # of a cluster of HDBSCAN


def kmeans(points: Points, intents: int, seed: int) -> Labels:
    """Batch k-means, told the true number of intents."""
    return np.asarray(KMeans(intents, random_state=seed, n_init=3).fit_predict(points), np.int64)


def minibatch(points: Points, intents: int, seed: int) -> Labels:
    """Mini-batch k-means, told the true number of intents."""
    return np.asarray(MiniBatchKMeans(intents, random_state=seed, n_init=3).fit_predict(points), np.int64)


def birch(points: Points, intents: int, seed: int) -> Labels:
    """BIRCH's subclusters, in the order of arrival."""
    del intents, seed
    return np.asarray(Birch(threshold=BIRCH, n_clusters=None).fit_predict(points), np.int64)


def leader(points: Points, intents: int, seed: int) -> Labels:
    """Leader clustering (Hartigan, 1975): labels on arrival."""
    del intents, seed
    sums, units = np.zeros_like(points), np.zeros_like(points)
    labels, count = np.zeros(len(points), np.int64), 0
    for i, point in enumerate(points):
        likeness = units[:count] @ point
        best = int(likeness.argmax()) if count else -1
        if best < 0 or likeness[best] < LEADER:
            best, count = count, count + 1
        sums[best] += point
        units[best] = sums[best] / np.linalg.norm(sums[best])
        labels[i] = best
    return labels


def hdbscan(points: Points, intents: int, seed: int) -> Labels:
    """HDBSCAN on 32 principal components; what it calls noise is one label."""
    del intents
    places = PCA(min(32, *points.shape), random_state=seed).fit_transform(points)
    return np.asarray(HDBSCAN(min_cluster_size=FEWEST_MEMBERS, copy=True).fit_predict(places), np.int64)


def dbstream(points: Points, intents: int, seed: int) -> Labels:
    """River's DBSTREAM on 32 principal components (of all events: it is given that): labels on arrival."""
    del intents
    places = PCA(min(32, *points.shape), random_state=seed).fit_transform(points)
    places /= np.linalg.norm(places, axis=1, keepdims=True)
    model = DBSTREAM(clustering_threshold=0.9, fading_factor=0.0001, cleanup_interval=1000)
    labels = np.zeros(len(places), np.int64)
    for i, place in enumerate(places):
        event = dict(enumerate(place.tolist()))
        model.learn_one(event)
        labels[i] = model.predict_one(event)
    return labels


#: name -> (method, events that it is given at most)
RIVALS: dict[str, tuple[Callable[[Points, int, int], Labels], int]] = {
    "kmeans": (kmeans, 10**9),
    "birch": (birch, 10**9),
    "leader": (leader, 10**9),
    "hdbscan": (hdbscan, HDBSCAN_ROWS),
    "dbstream": (dbstream, DBSTREAM_ROWS),
}


def contest(stream: Sequence[Points], intents: int, seed: int) -> Iterator[tuple[str, Labels, float]]:
    """Give the name, labels (of the first events, where it is slow) and events per CPU second of each."""
    points = np.stack(stream)
    for name, (method, most) in RIVALS.items():
        start = time.process_time()
        labels = method(points[:most], intents, seed)
        yield name, labels, len(labels) / max(time.process_time() - start, 1e-9)

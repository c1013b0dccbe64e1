"""The map of an agent's intents as circles: near where alike, as large as their share, none over another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundswell.models.board_view import IntentRow

#: The frame, and the circles in it at most.
WIDTH, HEIGHT, MOST = 720, 360, 60
#: Radius of the smallest circle, and the share of the frame that all circles cover together at most.
_SMALLEST, _COVERED = 5.0, 0.25
#: Circles whose name is written beside them; the others tell it when pointed at.
_NAMED, _LETTERS = 8, 26
_GAP, _STEPS = 2.0, 60
_LABEL = 16.0  # height of a name below its circle
#: Failure rates from which a circle has the next colour.
_RATES = (0.1, 0.25, 0.5)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Circle:
    """One intent: middle and radius in the frame, its colour `level` (0 unknown, 1 calm .. 4 failing)."""

    row: IntentRow
    x: float
    y: float
    radius: float
    level: int
    label: str = ""


def circles(rows: Sequence[IntentRow]) -> list[Circle]:
    """Return the circles of the intents that have a place, the largest first."""
    placed = [row for row in rows if row.place is not None and row.conversations > 0]
    placed = sorted(placed, key=lambda row: (-row.share, row.id))[:MOST]
    if not placed:
        return []
    shares = np.array([row.share for row in placed])
    radii = np.maximum(np.sqrt(shares / shares.sum() * _COVERED * WIDTH * HEIGHT / np.pi), _SMALLEST)
    middles = _apart(_in_frame(np.array([row.place for row in placed], np.float64), radii), radii)
    rounded = zip(placed, middles.round(1).tolist(), radii.round(1).tolist(), strict=True)
    return [
        Circle(row, x, y, radius, level(row), _label(row, place))
        for place, (row, (x, y), radius) in enumerate(rounded)
    ]


def level(row: IntentRow) -> int:
    """Return the colour of a failure rate."""
    rate = row.failure_rate
    return 0 if rate is None else 1 + sum(rate >= bound for bound in _RATES)


def _label(row: IntentRow, place: int) -> str:
    if place >= _NAMED:
        return ""
    return row.name if len(row.name) <= _LETTERS else f"{row.name[: _LETTERS - 1].rstrip()}…"


def _in_frame(places: Floats, radii: Floats) -> Floats:
    """Return places, -1..1, as points of the frame; the picture's y points down."""
    size = np.array([WIDTH, HEIGHT]) / 2
    spread = np.maximum(np.ptp(places, axis=0), 1e-9)
    middle = (places.max(0) + places.min(0)) / 2
    inner = size - radii.max() - _LABEL
    return np.asarray(size + (places - middle) / (spread / 2) * inner * (1, -1), np.float64)


def _apart(points: Floats, radii: Floats) -> Floats:
    """Push overlapping circles apart, a little at a time, and keep them in the frame."""
    least = radii[:, None] + radii[None, :] + _GAP
    np.fill_diagonal(least, 0.0)
    # Circles in one place go different ways, by their order.
    turn = np.arange(len(points)) * 2.4
    points = points + 1e-3 * np.stack([np.cos(turn), np.sin(turn)], 1)
    for _ in range(_STEPS):
        away = points[:, None, :] - points[None, :, :]
        distance = np.maximum(np.sqrt((away**2).sum(2)), 1e-9)
        push = np.maximum(least - distance, 0.0) / distance * 0.5
        points = points + (away * push[:, :, None]).sum(1)
        low = radii[:, None] + (2.0, 2.0)
        high = np.array([WIDTH, HEIGHT]) - radii[:, None] - (2.0, _LABEL)
        points = np.clip(points, low, np.maximum(high, low))
    return np.asarray(points, np.float64)

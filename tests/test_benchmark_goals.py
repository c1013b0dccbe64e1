"""Benchmarks name the figures that miss their goals, in one form."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from goals import shortfalls, told

GOALS = {"recall": (0.9, False), "error": (0.1, True)}


@pytest.mark.parametrize(
    ("figures", "missed"),
    [
        ({"recall": 0.9, "error": 0.1}, []),
        ({"recall": 0.899, "error": 0.05}, ["recall: 0.899, goal at least 0.9"]),
        ({"recall": 1.0, "error": 0.2, "other": 0.0}, ["error: 0.200, goal at most 0.1"]),
        ({"recall": 1.0}, ["error: not measured"]),
    ],
)
def test_what_misses_its_goal_is_named(figures, missed):
    assert shortfalls(figures, GOALS) == missed


def test_a_figure_that_may_lack_misses_nothing():
    assert shortfalls({}, GOALS, may_lack=True) == []


def test_a_goal_is_told_in_words():
    assert [told(*goal) for goal in GOALS.values()] == ["goal at least 0.9", "goal at most 0.1"]

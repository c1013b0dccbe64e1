"""Links between micro-clusters that one goal had turns in, and what they do to intents."""

from collections import Counter

import numpy as np
import pytest

from groundswell.models.intents.companions import NONE, Companions, draw_together, joined
from groundswell.models.intents.engine import IntentEngine
from groundswell.models.intents.ids import Stamp
from groundswell.models.intents.params import EngineParams

SMALL = EngineParams(dimension=24, axes=12, micros=128, gap=256, forwards=256, provisionals=60)


def links(*rows, places=3):
    companions = Companions.empty(len(rows), places)
    for row, held in enumerate(rows):
        for uid, count in held:
            companions.add(row, uid, count)
    return companions


def test_a_link_is_counted_and_the_rarest_makes_room_when_places_are_taken():
    companions = links([(7, 1), (7, 1), (8, 3), (9, 2)])
    companions.add(0, 9)
    assert companions.of(0) == [(7, 2.0), (8, 3.0), (9, 3.0)]
    companions.add(0, 5)
    assert companions.of(0) == [(5, 3.0), (8, 3.0), (9, 3.0)]


def test_only_the_most_frequent_links_fit_and_those_to_what_is_gone_are_dropped():
    companions = Companions.empty(1, 2)
    companions.replace(0, [(4, 1.0), (5, 3.0), (6, 2.0)])
    assert companions.of(0) == [(5, 3.0), (6, 2.0)]
    companions.forget_all_but(np.array([6, 9]))
    assert companions.of(0) == [(6, 2.0)]
    assert companions.uids.tolist() == [[6, NONE]]


def test_rows_that_are_joined_keep_their_links_under_the_uid_that_stands_for_them():
    companions = links([(11, 1), (12, 1)], [(13, 2)], [(10, 4), (99, 5)], [])
    uids, labels, first = np.array([10, 11, 12, 13]), np.array([0, 0, 1, 1]), np.array([1, 2])
    found = joined(companions, uids, labels, first)
    assert found.of(0) == [(12, 3.0)]  # 10 -> 12, and 11 -> 13, for which 12 stands
    assert found.of(1) == [(11, 4.0)]  # nothing is known of 99


def test_linked_rows_move_towards_each_other_and_others_stay_as_they_are():
    places = np.eye(4, 6, dtype=np.float32)
    uids = np.array([20, 21, 22, 23])
    drawn = draw_together(places, uids, links([], [(20, 1)], [], [(77, 1)]), 0.5)
    assert drawn[0] @ drawn[1] == pytest.approx(0.923, abs=0.001)
    assert np.allclose(np.linalg.norm(drawn, axis=1), 1)
    assert np.array_equal(drawn[2:], places[2:])


def test_two_rows_that_were_said_together_once_do_not_become_one_and_often_linked_ones_nearly_do():
    places, uids = np.eye(2, 6, dtype=np.float32), np.array([20, 21])
    alike = [
        float(drawn[0] @ drawn[1])
        for times in (1, 3, 100)
        for drawn in [draw_together(places, uids, links([], [(20, times)]), 0.5)]
    ]
    assert alike == pytest.approx([0.923, 0.988, 1.0], abs=0.001)


def test_without_links_the_places_are_those_that_were_given():
    places = np.eye(3, 6, dtype=np.float32)
    assert draw_together(places, np.arange(3), links([], [], []), 0.5) is places


def goals(seed, count):
    """Goals of two turns: six themes, each said in two ways that are as unlike as two themes are."""
    random = np.random.default_rng(seed)
    ways = np.linalg.qr(random.normal(size=(24, 24)))[0][:12].reshape(6, 2, 24)
    themes = random.integers(0, 6, count)
    for goal, theme in enumerate(themes):
        for way in ways[theme]:
            point = way + random.normal(0, 0.09, 24)
            yield goal, theme, (point / np.linalg.norm(point)).astype(np.float32)


def intents_of_themes(linked):
    """Intents that hold a tenth or more of a theme, theme by theme."""
    engine, first = IntentEngine(SMALL), {}
    told = list(goals(3, 700))
    for i, (goal, _, point) in enumerate(told):
        given = engine.assign(point, Stamp(i, f"log/0/{i}/0"), first.get(goal) if linked else None)
        first.setdefault(goal, given.micro)
    found = [Counter(engine.label(point)[1] for _, one, point in told if one == theme) for theme in range(6)]
    return [{one for one, count in counts.items() if count >= counts.total() / 10} for counts in found]


def test_what_one_goal_said_in_unlike_words_is_mostly_one_intent():
    linked, alone = intents_of_themes(linked=True), intents_of_themes(linked=False)
    for each in (linked, alone):
        assert len(set.union(*each)) == sum(len(intents) for intents in each)
    assert sum(len(intents) == 1 for intents in linked) >= 5
    assert all(len(intents) >= 2 for intents in alone)

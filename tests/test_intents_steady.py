"""Intents stay what they are: refits lean on what was, births come at once and last, and are news."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_intents_engine import SMALL, blobs, feed, stamp

from groundswell.models.intents.emission import begins
from groundswell.models.intents.engine import IntentEngine
from groundswell.models.intents.geometry import direction, directions, group_sums
from groundswell.models.intents.history import History
from groundswell.models.intents.light import light_refit
from groundswell.models.intents.lloyd import lloyd
from groundswell.models.intents.ward import FREE, ward


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_history_is_further_coordinates(seed):
    random = np.random.default_rng(seed)
    rows = directions(random.normal(size=(40, 6)).astype(np.float32))
    weights, former = random.integers(1, 5, 40).astype(np.float32), random.integers(0, 4, 40)
    labels, history = random.permutation(np.arange(40) % 5), History(former, 0.3)
    wide = np.hstack([rows, np.sqrt(0.3) * np.eye(4)[former]]).astype(np.float32)
    squares = ((rows[:, None] - rows[None]) ** 2).sum(2)
    history.add_distances(squares, slice(None))
    assert np.allclose(squares, ((wide[:, None] - wide[None]) ** 2).sum(2), atol=1e-5)
    found = history.cosines(rows, group_sums(rows * weights[:, None], labels, 5), weights, labels)
    centres = directions(group_sums(wide * weights[:, None], labels, 5))
    assert np.allclose(found, wide @ centres.T, atol=1e-5)


def test_rows_between_two_groups_stay_with_their_former_intent():
    points, labels = blobs(31, 200, 2, noise=0.3)
    between = directions(
        np.repeat(points[labels == 0].mean(0) + points[labels == 1].mean(0), 20).reshape(24, 20).T
    )
    between = directions(between + np.random.default_rng(0).normal(0, 0.02, between.shape).astype(np.float32))
    rows, weights = np.vstack([points, between]).astype(np.float32), np.ones(220, np.float32)
    for owner in (0, 1):
        history = History(np.r_[labels, np.full(20, owner)], 0.1)
        tree = ward(rows, weights, np.full(220, FREE), history)
        settled = lloyd(rows, weights, tree.cut(2), np.zeros(220, bool), history=history)
        home = np.bincount(settled[:200][labels == owner]).argmax()
        assert (settled[200:] == home).mean() > 0.9


@pytest.fixture
def theme():
    points, labels = blobs(3, 2400, 9)
    engine = IntentEngine(SMALL)
    feed(engine, points[labels < 8][:1000])
    return engine, points[labels == 8], points[labels < 8][1000:]


def test_a_theme_is_announced_within_eight_of_its_events(theme):
    engine, new, _ = theme
    known = set(engine.groups().values())
    arrived = feed(engine, new[:8], 1000)
    assert arrived[0].provisional
    assert not arrived[-1].provisional
    assert arrived[-1].intent not in known


def test_an_intent_born_between_full_refits_lives_through_the_next(theme):
    engine, new, rest = theme
    born = feed(engine, new[:8], 1000)[-1].intent
    refit = engine.last_refit
    for i, point in enumerate(np.vstack([new[8:40], rest]), 1008):
        engine.assign(point, stamp(i))
        if engine.last_refit != refit:
            break
    assert engine.last_refit > refit
    assert engine.label(new[0])[1] == born
    assert [e.kind for e in engine.lineage() if e.level == "intent" and e.id == born] == ["created"]


def test_half_of_a_known_intent_is_no_birth(theme):
    engine, new, _ = theme
    state = engine.state
    rows, model = state.micros.rows(), state.model
    labels = (rows.places @ model.centroids.T).argmax(1)
    inside = labels == np.bincount(labels, rows.weights).argmax()
    half = rows.places[inside] @ np.random.default_rng(2).normal(size=rows.places.shape[1])
    middle = rows.places[inside][half > np.median(half)].mean(0)
    state.begin(stamp(5000))
    fine = state.provisionals.open(state.mint(), direction(middle), state.clock.seen)
    for _ in range(SMALL.birth):
        state.provisionals.join(len(state.provisionals) - 1, direction(middle), state.clock.seen)
    light_refit(state)
    assert fine not in engine.groups()
    assert state.provisionals.events_of(fine) == SMALL.birth + 1
    assert not feed(engine, new[:8], 1000)[-1].provisional


def test_what_fits_an_intent_goes_to_a_beginning_only_if_that_is_nearer_by_a_margin():
    model = SimpleNamespace(thresholds=np.array([0.5]), novelty=0.3 + SMALL.kinship)
    state = SimpleNamespace(params=SMALL)
    assert not begins(state, model, 0, own=0.6, other=0.6 + SMALL.margin / 2)
    assert begins(state, model, 0, own=0.6, other=0.6 + SMALL.margin * 2)
    assert begins(state, model, 0, own=0.45, other=0.46)
    assert begins(state, model, 0, own=0.2, other=0.31)
    assert not begins(state, model, 0, own=0.2, other=0.29)

"""What pins teach the projection, against its definition and on the intents that were not pinned."""

import numpy as np
from sklearn.metrics import adjusted_rand_score

from groundswell.models.intents import taught
from groundswell.models.intents.engine import IntentEngine
from groundswell.models.intents.geometry import directions
from groundswell.models.intents.ids import Stamp
from groundswell.models.intents.params import EngineParams
from groundswell.models.intents.space import fit_space
from groundswell.models.intents.state import Pin
from groundswell.models.intents.taught import PROOF, agreement, taught_metric, transfer, within_metric


def test_directions_in_which_held_groups_vary_count_less_and_others_more():
    random = np.random.default_rng(0)
    groups = np.repeat(np.arange(6), 80)
    rows = random.normal(0, 0.05, (480, 10)).astype(np.float32)
    rows[:, :5] += random.normal(size=(6, 5))[groups]
    rows[:, 9] += random.normal(0, 1, 480)
    metric = within_metric(rows, np.ones(480, np.float32), groups)
    assert metric is not None
    assert np.allclose(metric, metric.T, atol=1e-5)
    assert np.isclose(np.trace(metric), 10, atol=1e-3)
    assert metric[9, 9] < 0.7 * metric.diagonal()[:9].min()


def test_few_held_rows_teach_little_and_single_ones_nothing():
    rows = directions(np.random.default_rng(1).normal(size=(4, 8)).astype(np.float32))
    ones = np.ones(4, np.float32)
    assert within_metric(rows, ones, np.arange(4)) is None
    assert within_metric(np.repeat(rows[:1], 4, 0), ones, np.zeros(4, np.int64)) is None
    metric = within_metric(rows, ones, np.array([0, 0, 1, 1]))
    assert metric is not None
    assert np.abs(metric - np.eye(8)).max() < 0.1


def test_a_lifted_image_projects_to_itself_in_a_taught_space():
    random = np.random.default_rng(2)
    rows = directions(random.normal(size=(60, 12)).astype(np.float32))
    metric = within_metric(rows, np.ones(60, np.float32), np.arange(60) % 5)
    space = fit_space(rows, rows, np.ones(60, np.float32), 6, metric)
    image = space.project(rows[0])
    assert np.allclose(space.project(space.lift(image)), image, atol=1e-4)


def test_pinning_some_intents_tells_the_others_apart_better():
    random = np.random.default_rng(3)
    labels = random.integers(0, 15, 2400)
    points = np.zeros((2400, 24), np.float32)
    points[:, :16] = random.normal(size=(15, 16))[labels] + random.normal(0, 0.35, (2400, 16))
    points[:, 16:] = random.normal(0, 1.5, (2400, 8))  # how things are said, whatever they are about
    points = directions(points)
    found = []
    for helped in (False, True):
        engine = IntentEngine(EngineParams(dimension=24, axes=8, micros=1024, duplicate=0.99, gap=512))
        for i, point in enumerate(points):
            if helped and i == 1400:
                _pin(engine, points[:1400], labels[:1400])
            engine.assign(point, Stamp(i, f"log/0/{i}/0"))
        rest = np.flatnonzero(labels >= 6)
        found.append(adjusted_rand_score(labels[rest], [engine.label(points[i])[1] for i in rest]))
    assert found[1] > found[0] + 0.02


def _pin(engine, points, labels):
    """Pin the six true groups as a person would by naming examples: micro-clusters of each, held whole."""
    state = engine._state
    rows = state.micros.rows()
    nearest = [int((rows.centres @ point).argmax()) for point in points]
    for group in range(6):
        slots = sorted({slot for slot, label in zip(nearest, labels, strict=True) if label == group})
        fine = state.mint()
        state.pins.append(Pin(fine, fine))
        state.micros.store.owners[slots] = len(state.pins) - 1


def test_a_map_must_carry_to_groups_that_it_was_not_learned_from():
    random = np.random.default_rng(4)
    groups = np.repeat(np.arange(8), 60)
    ones = np.ones(len(groups), np.float32)
    points = np.zeros((480, 24), np.float32)
    points[:, :16] = random.normal(size=(8, 16))[groups] + random.normal(0, 0.35, (480, 16))
    said = points.copy()
    said[:, 16:] = random.normal(0, 1.5, (480, 8))  # how things are said, alike in all groups
    assert transfer(said, ones, groups) > PROOF
    assert abs(transfer(points, ones, groups)) < PROOF  # nothing in common to be learned
    muddled = points.copy()
    for group in range(8):  # each holds some of what is about another, as a pin on a machine's intent may
        other = (group + 1 + random.integers(0, 7)) % 8
        muddled[group * 60 : group * 60 + 12] = points[other * 60 : other * 60 + 12]
    assert transfer(muddled, ones, groups) < PROOF
    assert transfer(said, ones, groups // 4) == -1  # two groups only: one would be told apart from nothing


def test_the_projection_is_left_alone_where_pins_prove_nothing():
    random = np.random.default_rng(6)
    labels = random.integers(0, 12, 900)
    points = random.normal(size=(12, 24))[labels] + random.normal(0, 0.4, (900, 24))
    points = directions(points.astype(np.float32))
    engine = IntentEngine(EngineParams(dimension=24, axes=8, micros=1024, duplicate=0.99, gap=512))
    for i, point in enumerate(points):
        engine.assign(point, Stamp(i, f"log/0/{i}/0"))
    _pin(engine, points, labels)
    assert taught_metric(engine.state) is None


def test_what_pins_teach_is_put_to_the_proof_once_until_pins_change(monkeypatch):
    tried = []
    monkeypatch.setattr(taught, "transfer", lambda rows, *_: tried.append(len(rows)) or 1.0)
    points = directions(np.random.default_rng(7).normal(size=(700, 24)).astype(np.float32))
    params = EngineParams(dimension=24, axes=8, micros=1024, gap=100)
    engine, records = IntentEngine(params), {}
    for i, point in enumerate(points):
        if i in (300, 500):
            engine.pin(engine.intents()[-1 if i == 300 else 0].id)
        engine.assign(point, Stamp(i, f"log/0/{i}/0"))
        records |= engine.changes()
        if i % 50 == 0:
            engine = IntentEngine.restore(params, "", records)
    assert len(tried) == 2
    assert tried[0] < tried[1]


def test_agreement_is_the_share_of_near_rows_of_the_own_group():
    rows = directions(np.array([[1, 0], [1, 0.1], [0, 1], [0.1, 1], [1, 0.05]], np.float32))
    assert agreement(rows[:4], np.array([0, 0, 1, 1])) == 1
    assert agreement(rows[:4], np.array([0, 1, 0, 1])) == 0
    assert np.isclose(agreement(rows, np.array([0, 0, 1, 1, 1])), (0 + 2 * 0.5 / 3) / 2)

"""What pins hold, when it fills too many slots: fewer micro-clusters, and the shape of each pin kept."""

import numpy as np

from groundswell.models.intents.condensing import condense
from groundswell.models.intents.geometry import directions
from groundswell.models.intents.micro_rows import MicroRows
from groundswell.models.intents.params import EngineParams
from groundswell.models.intents.ward import FREE

KNOTS, EACH = 6, 10


def rows_of(owners):
    """Return micro-clusters in `KNOTS` tight knots, whose rows alternate."""
    count = KNOTS * EACH
    random = np.random.default_rng(5)
    centres = random.normal(size=(KNOTS, 16))
    rows = MicroRows.empty(count, EngineParams(dimension=16, axes=16, micros=128))
    noise = 0.05 * random.normal(size=(count, 16))
    rows.places[:] = directions((np.tile(centres, (EACH, 1)) + noise).astype(np.float32))
    rows.weights[:] = random.integers(1, 9, count)
    rows.uids[:] = 100 + np.arange(count)
    rows.owners[:] = owners
    return rows


def test_a_pin_keeps_a_micro_cluster_in_every_corner_of_it():
    rows = rows_of(0)
    groups = condense(rows, np.arange(KNOTS * EACH), np.array([], np.int64), KNOTS)
    knots = np.arange(KNOTS * EACH) % KNOTS
    assert len(np.unique(groups)) == KNOTS
    assert all(len(np.unique(groups[knots == knot])) == 1 for knot in range(KNOTS))


def test_pins_do_not_mix_and_share_what_there_is():
    owners = np.repeat([0, 1, FREE], [40, 10, 10])
    rows, held = rows_of(owners), np.arange(50)
    groups = condense(rows, held, np.array([], np.int64), 25)
    assert not set(groups[:40]) & set(groups[40:])
    assert (len(set(groups[:40])), len(set(groups[40:]))) == (20, 5)


def test_examples_stay_alone_and_no_pin_is_left_without_one():
    rows = rows_of(np.repeat([0, 1, 2], 20))
    examples = rows.uids[[0, 1, 2, 3, 45]]
    groups = condense(rows, np.arange(60), examples, 2)
    for slot in (0, 1, 2, 3, 45):
        assert (groups == groups[slot]).sum() == 1
    assert [len(set(groups[part])) for part in (slice(0, 20), slice(20, 40), slice(40, 60))] == [5, 1, 2]

"""The parts of the intent engine, each against its definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import linkage

from groundswell.models.intents.archive import Retired
from groundswell.models.intents.codec import pack, unpack32, unpack64
from groundswell.models.intents.compactness import log_spread
from groundswell.models.intents.cuts import all_sizes, candidates, choose, remembered
from groundswell.models.intents.decay import homes, rejoin, revive
from groundswell.models.intents.forwards import Forwards
from groundswell.models.intents.geometry import direction, directions, lengths, products
from groundswell.models.intents.ids import ALPHABET, Stamp, mint_id
from groundswell.models.intents.lineage import match, overlap
from groundswell.models.intents.lloyd import lloyd
from groundswell.models.intents.model import fit_model
from groundswell.models.intents.params import EngineParams
from groundswell.models.intents.silhouette import macro_silhouette
from groundswell.models.intents.space import Space
from groundswell.models.intents.state import State
from groundswell.models.intents.ward import FREE, ward


def sphere(seed, rows, width=8):
    return directions(np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32))


def free(rows):
    return np.full(rows, FREE)


@pytest.mark.parametrize("seed", range(4))
def test_ward_merges_as_scipy_does_when_all_weights_are_equal(seed):
    rows = sphere(seed, 60)
    tree = ward(rows, np.ones(60, np.float32), free(60))
    # scipy's heights are distances: sqrt(2 * rise of variance) of unnormalised weights
    expected = linkage(rows.astype(np.float64), "ward")[:, 2]
    assert np.allclose(np.sqrt(2 * 60 * tree.height), expected, rtol=1e-3)


def test_a_row_of_weight_two_clusters_like_two_equal_rows():
    rows = sphere(9, 30)
    weights = np.where(np.arange(30) < 10, 2, 1).astype(np.float32)
    doubled = np.concatenate([rows, rows[:10]])
    light = ward(rows, weights, free(30)).cut(6)
    heavy = ward(doubled, np.ones(40, np.float32), free(40)).cut(6)
    assert np.array_equal(light, heavy[:30])
    assert np.array_equal(heavy[:10], heavy[30:])


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_pins_stay_whole_and_apart_at_every_cut_and_any_weight(seed):
    random = np.random.default_rng(seed)
    rows, owners = sphere(seed, 50), random.integers(FREE, 3, 50)
    weights = np.exp(random.normal(0, 5, 50)).astype(np.float32)
    tree = ward(rows, weights, owners)
    for groups in (1, 2, 5, 20, 50):
        labels = tree.cut(groups)
        held = [set(labels[owners == owner]) for owner in range(3) if (owners == owner).any()]
        assert all(len(one) == 1 for one in held)
        assert len(set().union(*held)) == len(held)


def test_heavy_weights_do_not_keep_ward_from_cutting_to_few_groups():
    tree = ward(sphere(3, 40), np.full(40, 1e7, np.float32), free(40))
    assert len(set(tree.cut(3))) == 3


def test_rows_that_are_not_finite_are_refused():
    rows = sphere(1, 12)
    rows[4, 2] = np.nan
    with pytest.raises(ValueError, match="NaN or infinity"):
        ward(rows, np.ones(12, np.float32), free(12))


def test_the_macro_silhouette_prefers_the_true_number_of_groups():
    middles = sphere(5, 6)
    truth = np.repeat(np.arange(6), 20)
    noise = np.random.default_rng(5).normal(0, 0.08, (120, 8))
    rows = directions((middles[truth] + noise).astype(np.float32))
    weights = np.ones(120, np.float32)
    tree = ward(rows, weights, free(120))
    scores = {groups: macro_silhouette(rows, weights, tree.cut(groups)) for groups in range(2, 15)}
    assert max(scores, key=lambda groups: scores[groups]) == 6
    assert macro_silhouette(rows, weights, np.zeros(120, np.int64)) == -1


def test_rows_alone_in_their_group_count_nothing():
    rows = sphere(6, 10)
    assert macro_silhouette(rows, np.ones(10, np.float32), np.arange(10)) == 0


SIZES = all_sizes(EngineParams())


def peaked(at, height, width=0.3):
    return height * np.exp(-(((np.log(SIZES) - np.log(at)) / width) ** 2))


def test_a_clear_peak_of_the_scores_is_the_number_of_intents():
    for at in (8, 40, 150):
        intents, _ = choose(peaked(at, 0.5), SIZES, 10_000, EngineParams())
        assert abs(np.log(intents / at)) < 0.15


def test_between_two_peaks_alike_the_number_of_intents_does_not_jump():
    low, high = peaked(8, 0.3), peaked(40, 0.3)
    sides = [low * (1 - d) + high * (1 + d) for d in (-0.01, 0.01)]
    found = [choose(side, SIZES, 2_000, EngineParams())[0] for side in sides]
    assert 8 < found[0] <= found[1] < 40
    assert found[1] < 1.35 * found[0]


def test_where_scores_are_flat_there_are_about_the_root_of_half_the_events():
    flat = np.full(len(SIZES), 0.4)
    assert abs(np.log(choose(flat, SIZES, 10_000, EngineParams())[0] / 70)) < 0.1


def test_sub_intents_are_as_many_as_score_and_ratio_allow_and_no_fewer_than_intents():
    params = EngineParams(fine_tolerance=0.2, fine_ratio=2.0)
    intents, fine = choose(peaked(20, 0.5, 2.0), SIZES, 2_000, params)
    assert intents < fine <= 2 * intents * (1 + np.sqrt(params.fine_youth / 2_000))
    assert choose(peaked(20, 0.5, 0.2), SIZES, 2_000, params)[1] < fine
    assert choose(np.array([0.1]), SIZES[:1], 50, params) == (3, 3)


def test_a_young_stream_has_more_sub_intents_for_each_intent():
    flat = np.zeros(len(SIZES))
    young, old = (choose(flat, SIZES, weight, EngineParams()) for weight in (300, 300_000))
    assert young[1] / young[0] > 1.5 * old[1] / old[0]


def test_what_one_event_alone_holds_says_nothing_of_how_alike_events_are():
    places = np.eye(4, dtype=np.float32)[[0, 0, 1, 2]]
    places[1] = (0.6, 0, 0, 0.8)
    model = fit_model(places, np.ones(4, np.float32), np.array([0, 0, 1, 2]), list("abc"), list("abc"), 0.0)
    assert np.allclose(model.thresholds, 0.6, atol=1e-3)


def test_a_score_is_averaged_with_what_earlier_refits_found():
    params = EngineParams(score_memory=0.75)
    curve = remembered(np.full(4, np.nan), np.array([1, 2]), np.array([0.4, 0.6]), params)
    curve = remembered(curve, np.array([2, 3]), np.array([0.2, 0.1]), params)
    assert np.array_equal(curve, [np.nan, 0.4, 0.5, 0.1], equal_nan=True)


@given(st.integers(1, 3000), st.integers(0, 20))
def test_there_is_always_a_size_to_try(rows, pins):
    sizes = all_sizes(EngineParams())
    found = candidates(sizes, rows, pins)
    assert len(found) > 0
    assert found.max() < len(sizes)
    assert np.array_equal(found, np.arange(found[0], found[-1] + 1))


def test_the_spread_within_groups_is_that_of_its_definition_and_shrinks_with_more_groups():
    rows = sphere(8, 400)
    weights = np.ones(400, np.float32)
    one = log_spread(rows, weights, np.zeros(400, np.int64))
    assert np.isclose(one, np.log(1 - np.linalg.norm(rows.mean(0))), atol=1e-5)
    tree = ward(rows, weights, free(400))
    spreads = [log_spread(rows, weights, tree.cut(groups)) for groups in (1, 4, 16, 64)]
    assert spreads == sorted(spreads, reverse=True)
    assert np.isfinite(log_spread(np.repeat(rows[:1], 5, 0), np.ones(5, np.float32), np.zeros(5, np.int64)))


def test_lloyd_leaves_held_rows_and_drops_empty_groups():
    rows = sphere(7, 30)
    start = np.arange(30) % 3
    held = np.arange(30) < 6
    settled = lloyd(rows, np.ones(30, np.float32), start, held, steps=5)
    assert np.array_equal(settled[:6], start[:6])
    assert set(settled) == set(range(settled.max() + 1))


@given(st.integers(-(2**60), 2**60), st.text(), st.integers(0, 3))
def test_ids_are_ulids_whose_time_is_that_of_birth(time_ms, position, ordinal):
    minted = mint_id("shop/bot", Stamp(time_ms, position), ordinal)
    assert len(minted) == 26
    number = 0
    for character in minted:
        number = number * 32 + ALPHABET.index(character)
    assert number >> 80 == min(max(time_ms, 0), 2**48 - 1)


def test_ids_differ_by_namespace_position_and_ordinal():
    stamps = [(space, Stamp(5, p), n) for space in ("", "a") for p in ("x/1", "x/11") for n in (0, 1)]
    assert len({mint_id(*one) for one in stamps}) == len(stamps)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=300))
def test_a_forwarded_id_is_followed_to_the_end_or_forgotten_whole(links):
    ring = Forwards(128)
    gone: set[str] = set()
    for old, new in links:
        a, b = f"f{len(gone)}-{old}", f"g{new}"
        if gone and new % 2:
            ring.add(min(gone), b)
        ring.add(a, b)
        gone.add(a)
    assert all(ring.follow(old) == old or not ring.follow(old).startswith("f") for old in gone)


def test_the_ring_forgets_the_oldest_links_first():
    ring = Forwards(128)
    ring.add("a", "b")
    ring.add("b", "c")
    assert ring.follow("a") == "c"
    for i in range(127):
        ring.add(f"x{i}", "y")
    assert ring.follow("a") == "a"
    assert ring.follow("b") == "c"


def test_arrays_survive_as_text_bit_for_bit():
    odd = np.array([[0.1, -0.0, np.float32(1e-45)], [np.inf, 3.4e38, 1 / 3]], np.float32)
    assert unpack32(pack(odd), 2, 3).tobytes() == odd.tobytes()
    wide = np.array([0.1, 1e-310])
    assert unpack64(pack(wide), 2).tobytes() == wide.tobytes()


def test_a_zero_vector_has_no_direction_and_no_nan():
    assert not direction(np.zeros(4, np.float32)).any()


@pytest.mark.parametrize("wrong", [{"axes": 0}, {"axes": 500}, {"micros": 8}, {"forwards": 100}])
def test_settings_the_method_cannot_run_with_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        EngineParams(**wrong)


def test_record_names_are_distinct():
    names = EngineParams().record_names()
    assert len(names) == len(set(names)) == 4 + 2048 + 400 + 64 + 128


def test_an_id_is_carried_to_what_is_most_of_the_old_group_or_was_most_of_the_new_one():
    """Most of A went where most of B is. One event of A is among 31 that were C: they are not A."""
    former = ["A"] * 61 + ["B"] * 90 + ["C"] * 100
    groups = np.array([0] * 60 + [1] + [0] * 90 + [1] * 30 + [2] * 70)
    shared = overlap(groups, 3, former, np.ones(len(former), np.float32))
    assert match(shared.weight, shared.weight) == [(0, 1), (2, 2)]
    beginning = overlap(np.zeros(9, np.int64), 1, ["D", *["E"] * 8], np.ones(9, np.float32))
    assert match(beginning.weight * [1, 0], beginning.weight) == [(0, 0)]  # all of D is there: it has grown


def test_an_archived_id_goes_to_the_newborn_that_is_nearest_to_it_and_to_none_if_another_intent_is():
    """Rows 0 and 1 are near neighbours of the theme that returns as row 2; row 3 is not newborn."""
    space = Space(np.zeros(4, np.float32), np.eye(4, dtype=np.float32))
    away = np.array([1, 0, 0, 0], np.float32)
    near, nearer, back = ([1, 0.8, 0, 0], [1, 0, 0.6, 0], [1, 0, 0, 0.2])
    rows = directions(np.array([near, nearer, back, [0, 1, 1, 0]], np.float32))
    for newborn, expected in (([0, 1, 2], {2: "old"}), ([0, 1], {}), ([2], {2: "old"})):
        state = State.empty(EngineParams(dimension=4, axes=4, micros=64), "test")
        state.archive.add(Retired("old", "intent", away))
        back_again = revive(state, space, rows, newborn, 0.7)
        assert {row: one.fine for row, one in back_again.items()} == expected
        assert len(state.archive.kept()[0]) == 1 - len(expected)


def test_an_intent_comes_back_with_the_largest_of_its_parts_and_the_smaller_ones_rejoin_it():
    state = State.empty(EngineParams(dimension=8, axes=4), "t")
    small, large = (
        Retired(fine, "I", np.zeros(8, np.float32), weight) for fine, weight in (("s", 2), ("l", 9))
    )
    state.archive.add(large)
    assert homes(state, [small]) == {"s": "s"}  # under the intent's id it would give that another meaning
    assert rejoin(state, ["s"], ["s"]) == {}
    assert state.returned == {"s": "I"}
    state.archive.take(0)
    assert homes(state, [large]) == {"l": "I"}
    assert rejoin(state, ["s", "l"], ["s", "I"]) == {"s": "I"}
    assert state.returned == {}
    assert homes(state, [small, large]) == {"s": "I", "l": "I"}


@pytest.mark.parametrize("rows", [10, 300, 1025])
def test_products_and_lengths_are_what_they_stand_for_bit_for_bit(rows):
    points = sphere(5, rows)
    both_ways = products(points)
    assert np.array_equal(both_ways, both_ways.T)
    assert np.allclose(both_ways, points.astype(np.float64) @ points.T, atol=1e-6)
    scaled = points * np.float32(3)
    assert np.array_equal(scaled / lengths(scaled)[:, None], np.stack([direction(row) for row in scaled]))

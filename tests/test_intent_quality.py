"""Quality, map and reasons: mush is told from an intent, the map is steady, and reasons are what was done."""

from dataclasses import replace

import numpy as np
import pytest

from groundswell.models.intents.engine import IntentEngine
from groundswell.models.intents.ids import Stamp
from groundswell.models.intents.layout import lay_out
from groundswell.models.intents.params import EngineParams
from groundswell.models.intents.quality import LEAST_WEIGHT, Quality
from groundswell.models.record import Vector
from groundswell.models.shape_book import ShapeBook

SIZE = 24
PARAMS = EngineParams(dimension=SIZE, axes=12, micros=256, gap=128, forwards=256, provisionals=60)


def unit(vector: Vector) -> Vector:
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def clouds(number: int, noise: float, seed: int = 3, groups: int = 6) -> list[tuple[int, Vector]]:
    random = np.random.default_rng(seed)
    middles = random.normal(size=(groups, SIZE))
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    draws = random.integers(groups, size=number)
    return [(int(group), unit(middles[group] + random.normal(0, noise, SIZE))) for group in draws]


def fed(points: list[tuple[int, Vector]], params: EngineParams = PARAMS) -> IntentEngine:
    engine = IntentEngine(params, "acme/shop")
    for place, (_, vector) in enumerate(points):
        engine.assign(vector, Stamp(1000 + place, f"l/0/{place}"))
    return engine


def test_tight_clouds_are_cohesive_separate_and_clear() -> None:
    measured = fed(clouds(900, 0.08)).measure()
    assert measured is not None
    assert len(measured.intents) >= 5
    heavy = [quality for quality in measured.qualities if quality.weight >= LEAST_WEIGHT]
    assert all(quality.cohesion > 0.8 for quality in heavy)
    assert all(quality.separation > 0.4 for quality in heavy)
    assert all(quality.ambiguity < 0.1 for quality in heavy)
    assert not any(quality.mixed(before=False) for quality in measured.qualities)


def test_noise_is_found_to_be_mush_and_the_clouds_beside_it_are_not() -> None:
    random = np.random.default_rng(5)
    noise = [(9, unit(random.normal(size=SIZE))) for _ in range(500)]
    points = [*clouds(500, 0.08), *noise]
    order = random.permutation(len(points))
    engine = fed([points[place] for place in order])
    measured = engine.measure()
    assert measured is not None
    noisy: dict[str, list[bool]] = {}
    for group, vector in points:
        noisy.setdefault(engine.label(vector)[1], []).append(group == 9)
    mush = {intent for intent, found in noisy.items() if np.mean(found) > 0.9 and len(found) > 20}
    clean = {intent for intent, found in noisy.items() if np.mean(found) < 0.3}
    assert mush
    assert clean
    mixed = {
        intent
        for intent, quality in zip(measured.intents, measured.qualities, strict=True)
        if quality.mixed(before=False)
    }
    assert mixed & mush
    assert not mixed & clean


def test_an_intent_that_is_mixed_must_do_clearly_better_to_cease_to_be() -> None:
    between = Quality(0.52, 0.5, 0.0, 100)
    assert not between.mixed(before=False)
    assert between.mixed(before=True)
    assert Quality(0.1, 0.5, 0.0, 100).mixed(before=False)
    assert Quality(0.9, 0.1, 0.45, 100).mixed(before=False)
    assert not Quality(0.1, 0.5, 0.9, LEAST_WEIGHT - 1).mixed(before=True)


def test_a_book_of_shapes_tells_once_that_an_intent_turned_to_mush() -> None:
    measured = fed(clouds(600, 0.08)).measure()
    assert measured is not None
    first = measured.intents[0]
    bad = [Quality(0.1, 0.5, 0.9, 50.0), *measured.qualities[1:]]
    book = ShapeBook()
    assert book.update(measured, 1) == []
    assert book.update(measured._replace(qualities=bad), 2) == [first]
    assert book.update(measured._replace(qualities=bad), 3) == []
    restored = ShapeBook.restore(book.changes())
    assert restored.shapes == book.shapes
    assert restored.update(measured, 4) == [first]


def test_no_pass_over_the_intents_changes_them() -> None:
    points = clouds(700, 0.2)
    quiet, asked = fed(points), IntentEngine(PARAMS, "acme/shop")
    for place, (_, vector) in enumerate(points):
        asked.assign(vector, Stamp(1000 + place, f"l/0/{place}"))
        asked.measure()
        asked.explain(vector)
        asked.nearness(vector)
        asked.fine_weights()
    written = [
        [(name, one.payload, None if one.vector is None else one.vector.tobytes()) for name, one in each]
        for each in (asked.changes().items(), quiet.changes().items())
    ]
    assert written[0] == written[1]
    assert asked.groups() == quiet.groups()


# -- the map


def test_alike_intents_lie_together_and_all_within_the_frame() -> None:
    random = np.random.default_rng(1)
    left, right = random.normal(size=SIZE), random.normal(size=SIZE)
    rows = [unit(base + random.normal(0, 0.1, SIZE)) for base in (left, left, left, right, right, right)]
    names = list("abcdef")
    places = lay_out(names, np.stack(rows), {})
    distance = lambda a, b: float(np.hypot(*(np.array(places[a]) - np.array(places[b]))))  # noqa: E731
    assert max(distance("a", "b"), distance("d", "e")) < 0.3 * distance("a", "d")
    assert all(-1 <= x <= 1 and -1 <= y <= 1 for x, y in places.values())


def test_the_map_is_turned_to_the_one_before() -> None:
    random = np.random.default_rng(2)
    rows = np.stack([unit(row) for row in random.normal(size=(12, SIZE))])
    names = [f"i{number:02d}" for number in range(12)]
    places = lay_out(names, rows, {})
    turned = {name: (-y, x) for name, (x, y) in places.items()}
    again = lay_out(names, rows, turned)
    for name in names:
        assert np.allclose(again[name], turned[name], atol=0.2)
    assert lay_out(names, rows, {}) == places


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_few_intents_have_places_too(number: int) -> None:
    rows = np.eye(SIZE, dtype=np.float32)[:number]
    names = [f"i{place}" for place in range(number)]
    places = lay_out(names, rows, dict.fromkeys(names, (0.5, 0.5)))
    assert sorted(places) == names
    assert np.isfinite([value for place in places.values() for value in place]).all()


# -- reasons


def test_the_reasons_name_the_sub_intent_that_assigning_gives() -> None:
    points = clouds(900, 0.12)
    engine, random = fed(points, replace(PARAMS, provisionals=8)), np.random.default_rng(8)
    rules = set()
    for number in range(250):
        near = unit(points[number][1] + random.normal(0, 0.05, SIZE))
        vector = unit(random.normal(size=SIZE)) if number % 3 == 0 else near
        why = engine.explain(vector)
        given = engine.assign(vector, Stamp(9_000_000 + number, f"l/1/{number}"))
        rules.add(why.rule)
        if why.rule == "new":
            assert (given.provisional, given.closeness) == (True, 0.0)
        else:
            assert (why.fine, why.rule == "provisional") == (given.fine, given.provisional)
        if why.rule == "announced":
            assert why.candidates[0].cosine >= why.candidates[0].threshold
            assert given.closeness == pytest.approx(why.candidates[0].cosine)
    assert {"announced", "provisional", "new", "no_room"} <= rules


def test_a_pin_is_the_reason_where_it_holds_the_turn() -> None:
    points = clouds(900, 0.08)
    engine = fed(points)
    intent = engine.label(points[5][1])[1]
    engine.pin(intent)
    why = engine.explain(points[5][1])
    assert (why.rule, why.intent) == ("pinned", intent)


def test_before_the_first_refit_and_before_the_first_event_there_are_reasons_too() -> None:
    engine = IntentEngine(PARAMS, "acme/shop")
    vector = clouds(1, 0.1)[0][1]
    assert engine.explain(vector).rule == "nothing_yet"
    assert engine.measure() is None
    assert engine.nearness(vector) == {}
    given = engine.assign(vector, Stamp(1, "l/0/0"))
    assert engine.explain(vector)[:2] == ("leader", given.fine)


def test_a_vector_is_as_near_to_its_own_intent_as_to_none_other() -> None:
    points = clouds(900, 0.08)
    engine = fed(points)
    for _, vector in points[:50]:
        near = engine.nearness(vector)
        assert max(near, key=lambda intent: near[intent]) == engine.label(vector)[1]

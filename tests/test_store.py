"""What a store promises, asked of every implementation that can run here."""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import servers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qdrant_client import AsyncQdrantClient
from store_writer import point_id, same

from groundswell.models.record import StateRecord, Vector
from groundswell.sinks.store import (
    EVERYTHING,
    Collection,
    Distance,
    InvalidPoint,
    Point,
    Store,
    StoreError,
    Where,
    open_store,
    state_point,
    state_record,
)

DIM = 8
# Signs of zero, the smallest and largest numbers, and some that no short decimal hits.
HARD = np.array([-0.0, 0.0, 1e-45, -1.1754944e-38, 3.4028235e38, 0.1, 1 / 3, -1.0], np.float32)


def uid(name: object) -> str:
    return point_id(f"test {name}")


def vec(seed: int) -> Vector:
    return np.random.default_rng(seed).standard_normal(DIM).astype(np.float32)


def slot(n: int, value: str, vector: Vector | None = None) -> Point:
    return Point(uid(n), {"tenant": "acme", "agent": "desk", "value": value}, vector)


async def values(store: Store, collection: Collection) -> dict[str, str]:
    return {point.id: point.payload["value"] for point in await store.read_all(collection)}


def _server_url() -> str:
    url = os.environ.get(servers.QDRANT_URL)
    if not url:
        pytest.skip(f"no Qdrant server: set {servers.QDRANT_URL} to its address to run this test against it")
    return url


@pytest.fixture(params=["edge", "memory", "server over gRPC", "server over REST"])
async def store(request: pytest.FixtureRequest, tmp_path: Path, prefix: str) -> AsyncIterator[Store]:
    kind = request.param
    if kind in ("edge", "memory"):
        opened = open_store(f"edge:{tmp_path / 'store'}" if kind == "edge" else "memory:")
        yield opened
        await opened.close()
        return
    url = _server_url()
    opened = open_store(url, prefer_grpc=kind == "server over gRPC")
    yield opened
    await opened.close()
    client = AsyncQdrantClient(url=url, check_compatibility=False)
    for described in (await client.get_collections()).collections:
        if described.name.startswith(prefix):
            await client.delete_collection(described.name)
    await client.close()


@pytest.fixture
async def state(store: Store, prefix: str) -> Collection:
    collection = Collection(f"{prefix}state", DIM, tenants=("tenant",), keywords=("agent",), state=True)
    await store.ensure(collection)
    return collection


@pytest.fixture
async def turns(store: Store, prefix: str) -> Collection:
    collection = Collection(
        f"{prefix}turns",
        DIM,
        Distance.COSINE,
        tenants=("tenant",),
        keywords=("role",),
        integers=("offset",),
    )
    await store.ensure(collection)
    return collection


@pytest.fixture
async def numbered(store: Store, turns: Collection) -> Collection:
    """Turns 0 to 9 of alternating roles; those of "globex" from 6 on."""
    points = [
        Point(uid(n), {"tenant": "acme" if n < 6 else "globex", "role": "ua"[n % 2], "offset": n}, vec(n))
        for n in range(10)
    ]
    await store.upsert(turns, points)
    return turns


def offsets(points: list[Point]) -> list[int]:
    return sorted(point.payload["offset"] for point in points)


class TestAnyStore:
    async def test_a_vector_of_a_state_comes_back_bit_for_bit(self, store: Store, state: Collection) -> None:
        await store.commit(state, [slot(1, "x", HARD)], epoch=1)

        (by_id,) = await store.retrieve(state, [uid(1)], vectors=True)
        (read,) = await store.read_all(state)
        assert same(by_id.vector, HARD)
        assert same(read.vector, HARD)

    async def test_a_payload_comes_back_as_it_was_with_the_epoch(
        self, store: Store, state: Collection
    ) -> None:
        payload: dict[str, Any] = {
            "tenant": "ac\"me' \\ \x00 \u202e 🦜",
            "nested": {"a": [1, -(2**63), 2**63 - 1, 0.1, 1.0, None, True, {"": []}]},
        }
        await store.commit(state, [Point(uid(1), payload)], epoch=7)

        (point,) = await store.retrieve(state, [uid(1)])
        assert point.payload == payload | {"epoch": 7}
        assert isinstance(point.payload["nested"]["a"][4], float)

    async def test_a_point_may_lack_lose_and_regain_its_vector(self, store: Store, state: Collection) -> None:
        for vector in (None, vec(1), None, vec(2)):
            await store.commit(state, [slot(1, "x", vector), slot(2, "y", vec(3))], epoch=1)
            (point,) = await store.retrieve(state, [uid(1)], vectors=True)
            assert same(point.vector, vector)

    async def test_a_state_record_survives_the_store(self, store: Store, state: Collection) -> None:
        records = {
            uid(1): StateRecord('{"weight": 0.1, "text": "ü\\u0000"}'.encode(), HARD),
            uid(2): StateRecord(b"[]"),
        }
        points = [state_point(id_, record, tenant="acme", agent="desk") for id_, record in records.items()]
        await store.commit(state, points, epoch=1)

        for point in await store.read_all(state):
            record = state_record(point)
            assert record.payload == records[point.id].payload
            assert same(record.vector, records[point.id].vector)

    @pytest.mark.parametrize(
        "bad",
        [
            pytest.param(Point(uid(9), {}, vec(1)[:-1]), id="wrong dimension"),
            pytest.param(Point(uid(9), {}, vec(1).astype(np.float64)), id="float64"),
            pytest.param(Point(uid(9), {}, np.full(DIM, np.nan, np.float32)), id="not a number"),
            pytest.param(Point(uid(9), {"a": float("inf")}), id="infinite payload"),
            pytest.param(Point(uid(9), {"a": [{"b": "\ud800"}]}), id="lone surrogate"),
            pytest.param(Point(uid(9), {"a": 2**63}), id="65-bit integer"),
            pytest.param(Point(uid(9), {"a": {1: "b"}}), id="key that is no string"),
            pytest.param(Point(uid(9), {"a": (1, 2)}), id="tuple"),
            pytest.param(Point("NINE", {}), id="no UUID"),
            pytest.param(Point(uid(9).upper(), {}), id="upper case UUID"),
            pytest.param(Point(uid(1), {}), id="id given twice"),
        ],
    )
    async def test_a_commit_with_an_invalid_point_names_it_and_writes_nothing(
        self, store: Store, state: Collection, bad: Point
    ) -> None:
        with pytest.raises(InvalidPoint, match=bad.id):
            await store.commit(state, [slot(1, "x", vec(1)), bad, slot(2, "y")], epoch=1)

        assert await store.count(state) == 0

    async def test_a_commit_of_an_older_epoch_changes_nothing_but_inserts_new_ids(
        self, store: Store, state: Collection
    ) -> None:
        await store.commit(state, [slot(1, "old", vec(1)), slot(2, "old")], epoch=1)
        await store.barrier(state)
        await store.commit(state, [slot(1, "new", vec(2)), slot(2, "new")], epoch=2)

        await store.commit(state, [slot(1, "zombie", vec(3)), slot(3, "zombie")], epoch=1)

        assert await values(store, state) == {uid(1): "new", uid(2): "new", uid(3): "zombie"}
        (first,) = await store.retrieve(state, [uid(1)], vectors=True)
        assert same(first.vector, vec(2))

    async def test_a_commit_of_the_same_or_a_newer_epoch_is_written(
        self, store: Store, state: Collection
    ) -> None:
        for epoch, value in ((3, "a"), (3, "b"), (4, "c")):
            await store.commit(state, [slot(1, value)], epoch=epoch)
            assert await values(store, state) == {uid(1): value}

    async def test_a_barrier_changes_nothing(self, store: Store, state: Collection) -> None:
        await store.commit(state, [slot(1, "x", vec(1))], epoch=1)
        await store.barrier(state)
        await store.barrier(state)

        assert await values(store, state) == {uid(1): "x"}

    async def test_an_empty_commit_is_no_write(self, store: Store, state: Collection) -> None:
        await store.commit(state, [], epoch=1)

        assert await store.count(state) == 0

    async def test_a_state_of_2049_points_is_read_at_once(self, store: Store, state: Collection) -> None:
        await store.commit(state, [slot(n, str(n), vec(n)) for n in range(2049)], epoch=1)

        points = await store.read_all(state, Where.equal(tenant="acme", agent="desk"), limit=2049)
        assert [point.id for point in points] == sorted(uid(n) for n in range(2049))
        assert all(same(point.vector, vec(int(point.payload["value"]))) for point in points)
        assert len(await store.read_all(state)) == 2049

    async def test_a_state_larger_than_the_given_limit_is_refused_not_cut(
        self, store: Store, state: Collection
    ) -> None:
        await store.commit(state, [slot(n, "x") for n in range(5)], epoch=1)

        assert len(await store.read_all(state, limit=5)) == 5
        with pytest.raises(StoreError, match="more than 4"):
            await store.read_all(state, limit=4)

    async def test_points_are_retrieved_in_the_order_asked_for(
        self, store: Store, numbered: Collection
    ) -> None:
        asked = [uid(4), uid("absent"), uid(1), uid(8)]
        points = await store.retrieve(numbered, asked)

        assert [point.id for point in points] == [uid(4), uid(1), uid(8)]
        assert all(point.vector is None for point in points)

    @pytest.mark.parametrize(
        ("where", "expected"),
        [
            pytest.param(EVERYTHING, list(range(10)), id="everything"),
            pytest.param(Where.equal(tenant="globex"), [6, 7, 8, 9], id="a string"),
            pytest.param(Where.equal(offset=3), [3], id="a number"),
            pytest.param(Where.equal(tenant="acme", role="u"), [0, 2, 4], id="two keys"),
            pytest.param(Where.any_of("offset", [1, 8, 77]), [1, 8], id="one of"),
            pytest.param(Where.any_of("role", []), [], id="one of none"),
            pytest.param(Where.at_least("offset", 8), [8, 9], id="at least"),
            pytest.param(Where.at_most("offset", 1), [0, 1], id="at most"),
            pytest.param(Where.between("offset", 4, 6), [4, 5], id="between"),
            pytest.param(Where.equal(role="a") & Where.at_most("offset", 4), [1, 3], id="both"),
        ],
    )
    async def test_a_condition_selects_what_it_says(
        self, store: Store, numbered: Collection, where: Where, expected: list[int]
    ) -> None:
        assert offsets(await store.read_all(numbered, where, vectors=False)) == expected
        assert await store.count(numbered, where) == len(expected)

    async def test_a_deletion_takes_what_matches_and_nothing_else(
        self, store: Store, numbered: Collection
    ) -> None:
        await store.delete(numbered, Where.equal(tenant="acme") & Where.at_least("offset", 2))

        assert offsets(await store.read_all(numbered)) == [0, 1, 6, 7, 8, 9]

    async def test_a_deletion_without_a_condition_is_refused(
        self, store: Store, numbered: Collection
    ) -> None:
        with pytest.raises(StoreError, match="needs a condition"):
            await store.delete(numbered, EVERYTHING)

        assert await store.count(numbered) == 10

    async def test_a_key_without_an_index_is_refused(self, store: Store, numbered: Collection) -> None:
        with pytest.raises(StoreError, match="no index on 'text'"):
            await store.count(numbered, Where.equal(text="x"))

    async def test_pages_by_id_cover_everything_once(self, store: Store, numbered: Collection) -> None:
        ids: list[str] = []
        after, pages = None, 0
        while pages == 0 or after is not None:
            page = await store.scroll(numbered, limit=4, after=after)
            ids += [point.id for point in page.points]
            after, pages = page.after, pages + 1

        assert ids == sorted(uid(n) for n in range(10))
        assert pages == 3

    @pytest.mark.parametrize(("descending", "expected"), [(False, [0, 2, 4]), (True, [8, 6, 4])])
    async def test_points_can_be_browsed_in_the_order_of_a_number(
        self, store: Store, numbered: Collection, descending: bool, expected: list[int]
    ) -> None:
        where = Where.equal(role="u")
        page = await store.scroll(numbered, where, limit=3, order_by="offset", descending=descending)

        assert [point.payload["offset"] for point in page.points] == expected
        with pytest.raises(StoreError, match="cannot be ordered by 'role'"):
            await store.scroll(numbered, limit=3, order_by="role")

    async def test_the_nearest_are_those_of_highest_cosine_that_match(
        self, store: Store, numbered: Collection
    ) -> None:
        query = vec(77)
        await store.upsert(numbered, [Point(uid("none"), {"tenant": "acme", "offset": 99})])
        found = await store.nearest(numbered, query, Where.equal(tenant="acme"), limit=3)

        cosine = {n: float(vec(n) @ query / np.linalg.norm(vec(n)) / np.linalg.norm(query)) for n in range(6)}
        best = sorted(cosine, key=lambda n: -cosine[n])[:3]
        assert [near.point.payload["offset"] for near in found] == best
        assert [near.score for near in found] == pytest.approx([cosine[n] for n in best], abs=1e-5)

    async def test_writing_the_same_points_twice_is_writing_them_once(
        self, store: Store, numbered: Collection
    ) -> None:
        before = await store.read_all(numbered)
        await store.upsert(numbered, [Point(p.id, p.payload, p.vector) for p in before[:4]])

        assert [(p.id, p.payload) for p in await store.read_all(numbered)] == [
            (p.id, p.payload) for p in before
        ]

    async def test_a_collection_can_do_without_vectors(self, store: Store, prefix: str) -> None:
        plain = Collection(f"{prefix}plain", None, keywords=("kind",))
        await store.ensure(plain)
        await store.upsert(plain, [Point(uid(1), {"kind": "x"})])

        (point,) = await store.read_all(plain, Where.equal(kind="x"))
        assert point == Point(uid(1), {"kind": "x"})
        with pytest.raises(InvalidPoint, match=uid(2)):
            await store.upsert(plain, [Point(uid(2), {}, vec(1))])

    async def test_ensuring_again_keeps_what_is_there_and_adds_what_is_missing(
        self, store: Store, numbered: Collection
    ) -> None:
        await store.ensure(numbered)

        assert await store.count(numbered) == 10

    async def test_a_collection_of_another_dimension_is_refused(
        self, store: Store, state: Collection
    ) -> None:
        with pytest.raises(StoreError, match=state.name):
            await store.ensure(Collection(state.name, DIM + 1, state=True))

    async def test_state_is_written_by_commits_only(
        self, store: Store, state: Collection, turns: Collection
    ) -> None:
        with pytest.raises(StoreError, match="write to it with commit"):
            await store.upsert(state, [slot(1, "x")])
        with pytest.raises(StoreError, match="write to it with upsert"):
            await store.commit(turns, [slot(1, "x")], epoch=1)

    async def test_closing_twice_is_harmless(self, store: Store) -> None:
        await store.close()
        await store.close()

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        names=st.lists(
            st.text(max_size=30)
            | st.sampled_from(['"', "'", "\\", "*", "acme[]", 'a"]}', "tenant", "", "\x00", "ﬁ", "e\u0301"]),
            min_size=2,
            max_size=2,
            unique=True,
        )
    )
    async def test_a_condition_on_any_text_finds_exactly_that_text(
        self, store: Store, turns: Collection, names: list[str]
    ) -> None:
        ours, theirs = names
        await store.upsert(
            turns,
            [
                Point(uid("ours"), {"tenant": ours, "role": "u", "deep": {ours: [theirs]}}),
                Point(uid("theirs"), {"tenant": theirs, "role": "u"}),
            ],
        )
        found = await store.read_all(turns, Where.equal(tenant=ours, role="u"))
        assert [point.id for point in found] == [uid("ours")]
        assert found[0].payload == {"tenant": ours, "role": "u", "deep": {ours: [theirs]}}


def test_a_record_whose_vector_is_of_another_commit_is_refused() -> None:
    point = state_point(uid(1), StateRecord(b"{}", vec(1)))

    assert same(state_record(point).vector, vec(1))
    for other in (vec(2), None):
        with pytest.raises(StoreError, match=uid(1)):
            state_record(Point(point.id, point.payload, other))


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: Where.equal(**{"a.b": "x"}), id="path as a key"),
        pytest.param(lambda: Where.equal(a="\ud800"), id="lone surrogate"),
        pytest.param(lambda: Where.equal(a=True), id="truth value"),
        pytest.param(lambda: Where.any_of("a", ["x", 1]), id="mixed types"),
        pytest.param(lambda: Where.at_most("a", 2**60), id="number that ranges round"),
    ],
)
def test_a_condition_that_could_mean_something_else_is_refused(make: Callable[[], Where]) -> None:
    with pytest.raises(StoreError):
        make()


@pytest.mark.parametrize("url", ["", "postgres://x", "localhost:6333"])
def test_an_unknown_store_url_is_refused_with_the_forms_that_exist(url: str) -> None:
    with pytest.raises(StoreError, match="edge:FOLDER, memory:, http://HOST:PORT"):
        open_store(url)

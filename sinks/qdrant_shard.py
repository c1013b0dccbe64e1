"""One collection in the embedded Qdrant engine: a shard in a folder. All calls block.

The only importer of qdrant_edge. There is no vector index: searches are exact and look at every
vector that passes the filter (2 ms among 20,000 of 384 dimensions).

The engine takes 4 us of the interpreter for each key of a payload, and an archived turn has 25. So only
the keys that can be filtered on are the engine's; the others travel as the JSON of one, unseen outside.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import qdrant_edge as engine

from groundswell.models.record import Vector
from groundswell.sinks.points import Collection, Point
from groundswell.sinks.store import Neighbour, Page
from groundswell.sinks.store_requests import all_of
from groundswell.sinks.where import OneOf, Where

#: The key that holds the rest of a payload. A point of an earlier version has none, and all of its own keys.
_REST = "~rest"


class Shard:
    """A collection that this process has open; errors are the engine's, bare Exceptions."""

    def __init__(self, folder: Path, collection: Collection, flush_every: int) -> None:
        """Open the shard in *folder*, or create it, and its missing indexes."""
        if not folder.exists():
            _create(folder, collection)
        self.collection = collection
        self._indexed = sorted(collection.indexed)
        self._flush_every = flush_every
        self._unflushed = 0
        self._shard = engine.EdgeShard.load(str(folder), _config(collection))
        self._create_indexes()

    def write(self, points: Sequence[Point], only: Where | None = None) -> None:
        """Upsert in one request; of the points that are there, replace those that match *only*."""
        if points:
            fence = None if only is None else _filter(only)
            rows = [_row(point, self._indexed) for point in points]
            self._update(engine.UpdateOperation.upsert_points(rows, condition=fence))

    def delete(self, where: Where) -> None:
        """Delete the points that match."""
        self._update(engine.UpdateOperation.delete_points_by_filter(_filter(where)))

    def retrieve(self, ids: Sequence[str], vectors: bool) -> list[Point]:
        """Return the points with these ids, in any order."""
        return _points(self._shard.retrieve(list(ids), True, vectors), vectors)

    def count(self, where: Where) -> int:
        """Return how many points match."""
        return int(self._shard.count(engine.CountRequest(exact=True, filter=_filter(where))))

    def read_all(self, where: Where, vectors: bool, limit: int | None) -> list[Point]:
        """Return all points that match, by id; see Store."""
        bound = self.count(where) if limit is None else limit
        page = self.scroll(where, bound + 1, vectors=vectors)
        return all_of(self.collection, page.points, bound, limit)

    def scroll(
        self,
        where: Where,
        limit: int,
        *,
        order_by: str | None = None,
        descending: bool = False,
        after: str | None = None,
        vectors: bool = False,
    ) -> Page:
        """Return some of the points that match; see Store."""
        direction = engine.Direction.Desc if descending else engine.Direction.Asc
        request = engine.ScrollRequest(
            offset=after,
            limit=limit,
            filter=_filter(where),
            with_payload=True,
            with_vector=vectors,
            order_by=engine.OrderBy(order_by, direction) if order_by else None,
        )
        records, following = self._shard.scroll(request)
        ends = order_by is not None or following is None
        return Page(_points(records, vectors), None if ends else str(following))

    def nearest(self, vector: Vector, where: Where, limit: int) -> list[Neighbour]:
        """Return the most similar points that match, by descending similarity."""
        request = engine.QueryRequest(
            limit=limit,
            query=engine.Query.Nearest(vector.tolist()),
            filter=_filter(where),
            with_payload=True,
            with_vector=False,
        )
        return [Neighbour(_point(row, False), row.score) for row in self._shard.query(request)]

    def close(self) -> None:
        """Write everything to disk and let the folder go."""
        self._shard.flush()
        self._shard.close()

    def _update(self, operation: engine.UpdateOperation) -> None:
        self._shard.update(operation)
        self._unflushed += 1
        if self._unflushed >= self._flush_every:
            self._shard.flush()
            self._unflushed = 0

    def _create_indexes(self) -> None:
        there, wanted = self._shard.info().payload_schema, self.collection
        number = engine.IntegerIndexParams(lookup=True, range=True)
        keyword, tenant = engine.KeywordIndexParams(), engine.KeywordIndexParams(is_tenant=True)
        schemas: dict[str, Any] = dict.fromkeys(wanted.integer_keys, number)
        schemas |= dict.fromkeys(wanted.keywords, keyword) | dict.fromkeys(wanted.tenants, tenant)
        for key, schema in schemas.items():
            if key not in there:
                self._shard.update(engine.UpdateOperation.create_field_index(key, schema))


def _create(folder: Path, collection: Collection) -> None:
    """Make the shard beside its place and move it there whole: a kill leaves no half-made one."""
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    shard = engine.EdgeShard.create(str(unfinished), _config(collection))
    shard.flush()
    shard.close()
    unfinished.rename(folder)


def _config(collection: Collection) -> engine.EdgeConfig:
    # The engine wants a vector in every shard; in a collection that has none, no point ever has it.
    size, distance = collection.dim or 1, getattr(engine.Distance, collection.distance.value)
    return engine.EdgeConfig(vectors=engine.EdgeVectorParams(size=size, distance=distance))


def _filter(where: Where) -> engine.Filter:
    conditions: list[Any] = []
    for condition in where.conditions:
        if isinstance(condition, OneOf):
            match = engine.MatchAny([*condition.values])
            conditions.append(engine.FieldCondition(condition.key, match=match))
        else:
            span = engine.RangeFloat(gte=condition.gte, lt=condition.lt)
            conditions.append(engine.FieldCondition(condition.key, range=span))
    return engine.Filter(must=conditions)


def _row(point: Point, indexed: Sequence[str]) -> engine.Point:
    rest = dict(point.payload)
    payload = {key: rest.pop(key) for key in indexed if key in rest}
    if rest:
        payload[_REST] = orjson.dumps(rest).decode()
    return engine.Point(point.id, {} if point.vector is None else point.vector.tolist(), payload)


def _points(records: Sequence[Any], vectors: bool) -> list[Point]:
    return [_point(record, vectors) for record in records]


def _point(record: Any, vectors: bool) -> Point:
    # The engine gives {} for a point without a vector, and None if vectors were not asked for.
    vector = np.asarray(record.vector, np.float32) if vectors and record.vector else None
    payload = dict(record.payload or {})
    if (rest := payload.pop(_REST, None)) is not None:
        payload |= orjson.loads(rest)
    return Point(str(record.id), payload, vector)

"""Our values in the words of qdrant_client: collections, indexes, filters, rows."""

from typing import Any

import numpy as np
from qdrant_client import models

from groundswell.sinks.points import Collection, Point, StoreError
from groundswell.sinks.where import OneOf, Where


def creation(collection: Collection) -> dict[str, Any]:
    """Return the arguments that create the collection.

    A state is one shard without a vector index. Elsewhere the graph is built per tenant, where the
    collection has tenants: every search names one.
    """
    if collection.state:
        layout: dict[str, Any] = {
            "shard_number": 1,
            "optimizers_config": models.OptimizersConfigDiff(indexing_threshold=0),
        }
    elif collection.tenants:
        layout = {"hnsw_config": models.HnswConfigDiff(m=0, payload_m=16)}
    else:
        layout = {}
    return {"vectors_config": _vectors(collection), "on_disk_payload": True, **layout}


def check(collection: Collection, info: models.CollectionInfo) -> None:
    """Raise StoreError if the collection that is there holds other vectors or is laid out otherwise."""
    wanted, found = _vectors(collection), info.config.params.vectors
    if isinstance(wanted, models.VectorParams):
        same = isinstance(found, models.VectorParams) and (found.size, found.distance) == (
            wanted.size,
            wanted.distance,
        )
    else:
        same = not found
    if not same:
        raise StoreError(
            f"collection {collection.name} holds vectors of {found}, not {wanted}: "
            "another embedder wrote it; use another collection or delete this one"
        )
    shards = info.config.params.shard_number
    if collection.state and shards not in (1, None):
        raise StoreError(f"collection {collection.name} has {shards} shards; a commit is atomic in one only")


def missing_indexes(collection: Collection, info: models.CollectionInfo) -> dict[str, Any]:
    """Return the payload indexes that the collection still lacks, by key."""
    keyword = models.KeywordIndexType.KEYWORD
    wanted: dict[str, Any] = {
        key: models.IntegerIndexParams(type=models.IntegerIndexType.INTEGER, lookup=True, range=True)
        for key in collection.integer_keys
    }
    wanted |= {key: models.KeywordIndexParams(type=keyword) for key in collection.keywords}
    wanted |= {key: models.KeywordIndexParams(type=keyword, is_tenant=True) for key in collection.tenants}
    return {key: index for key, index in wanted.items() if key not in info.payload_schema}


def filter_of(where: Where) -> models.Filter:
    """Return the condition as a filter."""
    must: list[models.Condition] = []
    for condition in where.conditions:
        if isinstance(condition, OneOf):
            match = models.MatchAny(any=list(condition.values))
            must.append(models.FieldCondition(key=condition.key, match=match))
        else:
            span = models.Range(gte=condition.gte, lt=condition.lt)
            must.append(models.FieldCondition(key=condition.key, range=span))
    return models.Filter(must=must)


def order(key: str | None, descending: bool) -> models.OrderBy | None:
    """Return the order by an integer key, None for the order of ids."""
    if key is None:
        return None
    return models.OrderBy(key=key, direction=models.Direction.DESC if descending else models.Direction.ASC)


def row(point: Point) -> models.PointStruct:
    """Return the point to be sent; an empty set of named vectors is no vector."""
    vector = {} if point.vector is None else point.vector.tolist()
    return models.PointStruct(id=point.id, vector=vector, payload=point.payload)


def point(record: models.Record | models.ScoredPoint) -> Point:
    """Return the point that was received; a point without a vector comes as {} or None."""
    vector = np.asarray(record.vector, np.float32) if record.vector else None
    return Point(str(record.id), record.payload or {}, vector)


def _vectors(collection: Collection) -> models.VectorParams | dict[str, models.VectorParams]:
    if collection.dim is None:
        return {}
    return models.VectorParams(size=collection.dim, distance=models.Distance(collection.distance.value))

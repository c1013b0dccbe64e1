"""A point: an id, a payload and maybe a vector, and the collection that it belongs to.

Everything is checked here before it is sent, because a refused request is not an unapplied
one: an engine that meets one bad vector among 64 has already written some of the others.
"""

import math
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import orjson

from groundswell.models.record import StateRecord, Vector

EPOCH = "epoch"
"""Payload key under which every point of a state carries the epoch of its last writer."""

RECORD, CHECKSUM = "record", "vector_crc32"
_OWN_KEYS = frozenset({EPOCH, RECORD, CHECKSUM})
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,99}")
_COMPONENT_BYTES = 25  # the longest float32 that JSON writes, "-1.1754943508222875e-38", and a comma


class StoreError(RuntimeError):
    """The store refused, and will refuse again: a wrong request, another schema, a locked folder.

    What a refused write did is unknown; answer it with a full valid commit.
    """


class InvalidPoint(StoreError):
    """A point that no engine can hold as given. Nothing was sent."""


class StoreUnavailable(RuntimeError):
    """The store is away or overloaded: repeat the same call later.

    A write may or may not have been applied. Repeating it is harmless, as ids are deterministic.
    """


class Distance(Enum):
    """How vectors are compared."""

    DOT = "Dot"
    """Dot product; vectors are kept bit for bit."""
    COSINE = "Cosine"
    """Cosine similarity; vectors are normalised when written."""


@dataclass(frozen=True, slots=True)
class Collection:
    """What a collection holds, and which payload keys can be filtered on.

    `dim` is the length of its vectors, None if it has none. `tenants` and `keywords` are keys with
    strings (`tenants` are those that every search names), `integers` keys with whole numbers, which
    can also be compared and ordered by. With `state` it is written by commits alone: one shard, so
    that a commit is one record of the write-ahead log, and no vector index, whose building moves
    points (acknowledged ones were lost to that under kill -9).
    """

    name: str
    dim: int | None
    distance: Distance = Distance.DOT
    tenants: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    integers: tuple[str, ...] = ()
    state: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"collection name {self.name!r} must be lower-case letters, digits, - or _")
        if self.dim is not None and self.dim < 1:
            raise ValueError(f"collection {self.name}: dim must be at least 1 or None, not {self.dim}")
        if self.state and self.distance is not Distance.DOT:
            raise ValueError(f"collection {self.name}: a state needs Distance.DOT, which keeps every bit")

    @property
    def integer_keys(self) -> tuple[str, ...]:
        """Keys with an integer index: the given ones and, in a state, the epoch."""
        return (*self.integers, EPOCH) if self.state else self.integers

    @property
    def indexed(self) -> frozenset[str]:
        """Every key that a filter may name."""
        return frozenset((*self.tenants, *self.keywords, *self.integer_keys))


@dataclass(frozen=True, slots=True)
class Point:
    """What one id holds. `id` is a UUID in lower case with hyphens; `vector` float32 of shape (dim,).

    A point may have no vector in a collection that has them: it is then never among the nearest.
    """

    id: str
    payload: dict[str, Any]
    vector: Vector | None = None


def state_point(id: str, record: StateRecord, **keys: str | int) -> Point:  # noqa: A002
    """Return the point that holds *record*, findable by *keys*.

    A checksum of the vector goes with it: engines overwrite vectors in place, so a power cut may
    leave an old payload beside a new vector.
    """
    if taken := _OWN_KEYS & keys.keys():
        raise ValueError(f"point {id}: the keys {sorted(taken)} are used by the store; choose others")
    try:
        text = record.payload.decode()
    except UnicodeDecodeError as error:
        raise InvalidPoint(f"point {id}: the record's payload is not UTF-8 ({error})") from error
    return Point(id, {**keys, RECORD: text, CHECKSUM: _checksum(record.vector)}, record.vector)


def state_record(point: Point) -> StateRecord:
    """Return the record in a point that was read with its vector.

    Raises StoreError if the point holds none, or if payload and vector are of different commits.
    """
    text = point.payload.get(RECORD)
    if not isinstance(text, str):
        raise StoreError(f"point {point.id} holds no state record; it was written by something else")
    if _checksum(point.vector) != point.payload.get(CHECKSUM):
        raise StoreError(
            f"point {point.id}: the vector is not the one that its payload was written with. Read it with "
            "vectors=True; if that was so, the state is torn (power loss): restore it from a backup"
        )
    return StateRecord(text.encode(), point.vector)


def _checksum(vector: Vector | None) -> int | None:
    return None if vector is None else zlib.crc32(vector.tobytes())


def check_points(collection: Collection, points: Sequence[Point]) -> None:
    """Raise InvalidPoint, naming the point, unless the collection can hold every one of them."""
    seen: set[str] = set()
    for point in points:
        check_ids((point.id,))
        if point.id in seen:
            raise InvalidPoint(f"point {point.id} occurs twice in one write; keep the last")
        seen.add(point.id)
        if point.vector is not None:
            check_vector(collection, point.vector, f"point {point.id}")
        _check_payload(point)


def check_ids(ids: Iterable[str]) -> None:
    """Raise InvalidPoint unless every id is a UUID in the form in which engines return it."""
    for given in ids:
        if not isinstance(given, str) or not _UUID.fullmatch(given):
            raise InvalidPoint(f"point {given!r}: the id must be a UUID string, lower case with hyphens")


def check_vector(collection: Collection, vector: Vector, owner: str) -> None:
    """Raise InvalidPoint, naming *owner*, unless it is a finite float32 vector of the right shape."""
    wanted = f"collection {collection.name} takes float32 of shape ({collection.dim},)"
    if not isinstance(vector, np.ndarray) or vector.dtype != np.float32:
        raise InvalidPoint(f"{owner}: vector is {getattr(vector, 'dtype', type(vector).__name__)}; {wanted}")
    if vector.shape != (collection.dim,):
        raise InvalidPoint(f"{owner}: vector has shape {vector.shape}; {wanted}")
    if not np.isfinite(vector).all():
        raise InvalidPoint(f"{owner}: vector has a component that is not finite")


def _check_payload(point: Point) -> None:
    fault = _fault(point.payload) if isinstance(point.payload, dict) else "is not a dict"
    if fault:
        raise InvalidPoint(f"point {point.id}: payload {fault}")


def _fault(value: Any) -> str | None:
    """Return what keeps *value* from coming back from the store as it is, or None."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        return None if value.isascii() or _is_unicode(value) else "has a string with a lone surrogate"
    if isinstance(value, int):
        return None if -(2**63) <= value < 2**63 else "has an integer of more than 64 bits"
    if isinstance(value, float):
        return None if math.isfinite(value) else "has a number that is not finite"
    if isinstance(value, list):
        return _first_fault(value)
    if isinstance(value, dict):
        odd = next((key for key in value if not isinstance(key, str)), None)
        return _first_fault(value) or _first_fault(value.values()) if odd is None else f"has the key {odd!r}"
    return f"has a {type(value).__name__}; use str, int, float, bool, None, list or dict"


def _first_fault(values: Iterable[Any]) -> str | None:
    for value in values:
        # What most payloads are made of needs no further look.
        kind = type(value)
        if value is None or kind is bool or (kind is str and value.isascii()):
            continue
        if fault := _fault(value):
            return fault
    return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def request_bytes(point: Point) -> int:
    """Return the most bytes that the point takes as JSON."""
    dim = 0 if point.vector is None else len(point.vector)
    return 100 + dim * _COMPONENT_BYTES + len(orjson.dumps(point.payload))

"""What both stores do to a request before they send it, and to an answer: the same checks for each."""

from collections.abc import Iterator, Sequence

from groundswell.sinks.points import (
    EPOCH,
    Collection,
    InvalidPoint,
    Point,
    StoreError,
    StoreUnavailable,
    check_ids,
    check_points,
    request_bytes,
)
from groundswell.sinks.store import Neighbour
from groundswell.sinks.where import Where


def committed(collection: Collection, points: Sequence[Point], epoch: int) -> list[Point]:
    """Return the points as a commit of *epoch* writes them, checked."""
    if not collection.state:
        raise StoreError(f"collection {collection.name} is no state; write to it with upsert")
    if type(epoch) is not int or not 0 <= epoch < 2**53:
        raise StoreError(f"epoch {epoch!r} must be an integer of at most 53 bits, not negative")
    check_points(collection, points)
    return [Point(point.id, {**point.payload, EPOCH: epoch}, point.vector) for point in points]


def upserted(collection: Collection, points: Sequence[Point]) -> Sequence[Point]:
    """Return the points as an upsert writes them, checked."""
    if collection.state:
        raise StoreError(f"collection {collection.name} is a state; write to it with commit")
    check_points(collection, points)
    return points


def all_of(collection: Collection, points: list[Point], bound: int, limit: int | None) -> list[Point]:
    """Return the points that were read with room for one more than *bound*, unless that room is used."""
    if len(points) <= bound:
        return points
    if limit is None:
        raise StoreUnavailable(f"collection {collection.name} grew while it was read; read it again")
    raise StoreError(f"collection {collection.name} has more than {limit} points that match; raise the limit")


def in_order(found: Sequence[Point], ids: Sequence[str]) -> list[Point]:
    """Return the points in the order of *ids*."""
    by_id = {point.id: point for point in found}
    return [by_id[id_] for id_ in ids if id_ in by_id]


def removable(collection: Collection, where: Where) -> Where:
    """Return the checked condition of a deletion, which must have one."""
    if not where.conditions:
        raise StoreError(f"deleting from {collection.name} needs a condition; without one all would go")
    return where.check(collection)


def check_order(collection: Collection, order_by: str | None, after: str | None) -> None:
    """Raise StoreError unless the collection can be scrolled in this way."""
    if order_by is not None and order_by not in collection.integer_keys:
        raise StoreError(
            f"collection {collection.name} cannot be ordered by {order_by!r}, "
            f"only by one of {sorted(collection.integer_keys)}"
        )
    if order_by is not None and after is not None:
        raise StoreError("`after` goes with the order of ids; with `order_by` put a condition on that key")
    if after is not None:
        check_ids((after,))


def batches(points: Sequence[Point], most_bytes: int) -> Iterator[list[Point]]:
    """Cut *points* into requests of at most *most_bytes* of JSON each, in order.

    Raises InvalidPoint if one point alone takes more.
    """
    batch: list[Point] = []
    used = 0
    for point in points:
        size = request_bytes(point)
        if size > most_bytes:
            raise InvalidPoint(f"point {point.id} takes {size} bytes, of {most_bytes}; shorten its payload")
        if used + size > most_bytes:
            yield batch
            batch, used = [], 0
        batch.append(point)
        used += size
    if batch:
        yield batch


def best_first(found: Sequence[Neighbour]) -> list[Neighbour]:
    """Return the neighbours by descending similarity, equal ones by id."""
    return sorted(found, key=lambda neighbour: (-neighbour.score, neighbour.point.id))

"""The store: vectors, payloads and state, in a Qdrant server or in the embedded engine.

A state is committed in ONE upsert, which both engines log as one record: after a kill it is there
whole or not at all. Taking over a state (the fence) is `barrier`, `read_all`, and a `commit` of every
point with the epoch after the highest that was read. From then on the commits of an earlier owner
change nothing; it is not told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from groundswell.models.record import Vector
from groundswell.sinks.points import (
    EPOCH,
    Collection,
    Distance,
    InvalidPoint,
    Point,
    StoreError,
    StoreUnavailable,
    state_point,
    state_record,
)
from groundswell.sinks.where import EVERYTHING, Where

__all__ = [
    "EPOCH",
    "EVERYTHING",
    "Collection",
    "Distance",
    "InvalidPoint",
    "Neighbour",
    "Page",
    "Point",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "Where",
    "open_store",
    "state_point",
    "state_record",
]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A point and its similarity to what was asked for."""

    point: Point
    score: float


@dataclass(frozen=True, slots=True)
class Page:
    """Some points, and the id from which to go on (None at the end, and when ordered by a key)."""

    points: list[Point]
    after: str | None


class Store(Protocol):
    """What the stages need of Qdrant. Every call may raise StoreUnavailable and StoreError."""

    async def ensure(self, collection: Collection) -> None:
        """Create the collection and its indexes where they are missing; call it before all else.

        Raises StoreError if there is one of that name with other vectors.
        """
        ...

    async def upsert(self, collection: Collection, points: Sequence[Point]) -> None:
        """Write points whole, replacing those with their ids; durable on return.

        May be cut into several requests, so not for state. Raises InvalidPoint before anything is sent.
        """
        ...

    async def commit(
        self, collection: Collection, points: Sequence[Point], epoch: int, *, over: int | None = None
    ) -> None:
        """Write points of a state in one request, all or none of them surviving a kill.

        Each payload gets `epoch`. A point that is there with a higher epoch than `over` (default:
        `epoch`) is kept; a new id is inserted whatever the epoch. A claim writes over the epoch that
        it has read, so of two claims at once one is kept out. Raises InvalidPoint before anything is sent.
        """
        ...

    async def barrier(self, collection: Collection) -> None:
        """Return when every write before it is visible, also in a server that is still recovering."""
        ...

    async def retrieve(
        self, collection: Collection, ids: Sequence[str], *, vectors: bool = False
    ) -> list[Point]:
        """Return the points with these ids, in their order; absent ones are left out."""
        ...

    async def read_all(
        self,
        collection: Collection,
        where: Where = EVERYTHING,
        *,
        vectors: bool = True,
        limit: int | None = None,
    ) -> list[Point]:
        """Return all points that match, by id, in one request: it never sees half a commit.

        Without `limit` they are counted first. Raises StoreError if there are more than `limit`, and
        StoreUnavailable if points were added while they were read.
        """
        ...

    async def scroll(
        self,
        collection: Collection,
        where: Where = EVERYTHING,
        *,
        limit: int,
        order_by: str | None = None,
        descending: bool = False,
        after: str | None = None,
        vectors: bool = False,
    ) -> Page:
        """Return up to `limit` points for browsing: by id from `after` on, or ordered by an integer key.

        Points without that key are then left out; go on with a condition on the key, not with `after`.
        """
        ...

    async def nearest(
        self, collection: Collection, vector: Vector, where: Where = EVERYTHING, *, limit: int
    ) -> list[Neighbour]:
        """Return the points most similar to *vector*, best first, equal ones by id; without vectors."""
        ...

    async def count(self, collection: Collection, where: Where = EVERYTHING) -> int:
        """Return how many points match, exactly."""
        ...

    async def delete(self, collection: Collection, where: Where) -> None:
        """Delete the points that match; needs a condition."""
        ...

    async def close(self) -> None:
        """Make all writes durable and release the store; more than once is harmless."""
        ...


def open_store(
    url: str,
    *,
    api_key: str | None = None,
    prefer_grpc: bool = True,
    timeout_s: int = 30,
    flush_every: int = 128,
) -> Store:
    """Open the store at `edge:FOLDER`, `memory:` or `http(s)://host:port`.

    `edge:` is the embedded engine: one process at a time, durable against a kill at once and against
    power loss after every `flush_every` writes of a collection. `memory:` forgets all on close and is
    meant for tests. `api_key`, `prefer_grpc` (port 6334; faster, and requests over 32 MB) and
    `timeout_s` are for a server.

    Raises StoreError if the folder is in use by another process or the URL has another form.
    """
    if url.startswith("edge:"):
        from groundswell.sinks.qdrant_edge import QdrantEdge

        return QdrantEdge(Path(url.removeprefix("edge:").removeprefix("//")), flush_every=flush_every)
    if url == "memory:" or url.startswith(("http://", "https://")):
        from groundswell.sinks.qdrant_server import QdrantServer

        location = ":memory:" if url == "memory:" else url
        return QdrantServer(location, api_key=api_key, prefer_grpc=prefer_grpc, timeout_s=timeout_s)
    raise StoreError(f"store {url!r} is none of edge:FOLDER, memory:, http://HOST:PORT, https://HOST:PORT")

"""The embedded store: the Qdrant engine in this process, all collections under one folder.

The engine's calls block, so they run in one thread, in the order in which they were made.

A write survives the death of the process as soon as it returns (it is in the write-ahead log, in the
system's page cache), and a power cut from the next flush on. Flushing also keeps the log short: it
would grow without bound and be replayed on opening. But a flush waits for the disk with the
interpreter's lock held (40-60 ms in which the whole process stands still), hence not often.
"""

import asyncio
import fcntl
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from groundswell.models.record import Vector
from groundswell.sinks.points import (
    EPOCH,
    Collection,
    Point,
    StoreError,
    StoreUnavailable,
    check_ids,
    check_vector,
)
from groundswell.sinks.qdrant_shard import Shard
from groundswell.sinks.store import Neighbour, Page
from groundswell.sinks.store_requests import best_first, check_order, committed, in_order, removable, upserted
from groundswell.sinks.where import EVERYTHING, Where

Result = TypeVar("Result")

_TRANSIENT = ("No space left on device", "Too many open files", "Cannot allocate memory")
_LOCK = "in-use-by"


class QdrantEdge:
    """A store in a folder, for one process at a time. The calls are described at Store."""

    def __init__(self, folder: Path, *, flush_every: int = 128) -> None:
        """Take the folder, creating it if needed; `flush_every` counts writes of a collection.

        Raises StoreError if another process has it or it cannot be written.
        """
        if flush_every < 1:
            raise ValueError(f"flush_every must be at least 1, not {flush_every}")
        self._folder = folder.expanduser().resolve()
        self._flush_every = flush_every
        self._lock = _take(self._folder)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="qdrant-edge")
        self._shards: dict[str, Shard] = {}
        self._closed = False

    async def ensure(self, collection: Collection) -> None:
        """Open the collection, creating what is missing."""
        await self._run(lambda: self._open(collection))

    async def upsert(self, collection: Collection, points: Sequence[Point]) -> None:
        """Write points whole."""
        rows = upserted(collection, points)
        await self._run(lambda: self._shard(collection).write(rows))

    async def commit(
        self, collection: Collection, points: Sequence[Point], epoch: int, *, over: int | None = None
    ) -> None:
        """Write points of a state in one request, behind the fence."""
        rows = committed(collection, points, epoch)
        fence = Where.at_most(EPOCH, epoch if over is None else over)
        await self._run(lambda: self._shard(collection).write(rows, fence))

    async def barrier(self, collection: Collection) -> None:
        """Wait for the calls before. Opening a shard has already replayed its log."""
        await self._run(lambda: self._shard(collection))

    async def retrieve(
        self, collection: Collection, ids: Sequence[str], *, vectors: bool = False
    ) -> list[Point]:
        """Return the points with these ids."""
        check_ids(ids)
        return in_order(await self._run(lambda: self._shard(collection).retrieve(ids, vectors)), ids)

    async def read_all(
        self,
        collection: Collection,
        where: Where = EVERYTHING,
        *,
        vectors: bool = True,
        limit: int | None = None,
    ) -> list[Point]:
        """Return all points that match, in one request."""
        where.check(collection)
        return await self._run(lambda: self._shard(collection).read_all(where, vectors, limit))

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
        """Return some points for browsing."""
        where.check(collection)
        check_order(collection, order_by, after)
        return await self._run(
            lambda: self._shard(collection).scroll(
                where, limit, order_by=order_by, descending=descending, after=after, vectors=vectors
            )
        )

    async def nearest(
        self, collection: Collection, vector: Vector, where: Where = EVERYTHING, *, limit: int
    ) -> list[Neighbour]:
        """Return the points most similar to *vector*."""
        where.check(collection)
        check_vector(collection, vector, "the query")
        return best_first(await self._run(lambda: self._shard(collection).nearest(vector, where, limit)))

    async def count(self, collection: Collection, where: Where = EVERYTHING) -> int:
        """Return how many points match."""
        where.check(collection)
        return await self._run(lambda: self._shard(collection).count(where))

    async def delete(self, collection: Collection, where: Where) -> None:
        """Delete the points that match."""
        removable(collection, where)
        await self._run(lambda: self._shard(collection).delete(where))

    async def close(self) -> None:
        """Flush every collection and let the folder go."""
        if self._closed:
            return
        try:
            await self._run(self._close_shards)
        finally:
            self._closed = True
            self._thread.shutdown()
            os.close(self._lock)

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._closed:
            raise StoreError(f"store {self._folder} is closed; open it again")
        return await asyncio.get_running_loop().run_in_executor(self._thread, _translated, work)

    def _open(self, collection: Collection) -> None:
        if collection.name not in self._shards:
            folder = self._folder / collection.name
            self._shards[collection.name] = Shard(folder, collection, self._flush_every)
        self._shard(collection)

    def _shard(self, collection: Collection) -> Shard:
        shard = self._shards.get(collection.name)
        if shard is None:
            raise StoreError(f"collection {collection.name} is not open; call ensure first")
        if shard.collection != collection:
            raise StoreError(
                f"collection {collection.name} is open as {shard.collection}, not as {collection}; "
                "use one definition, or another name"
            )
        return shard

    def _close_shards(self) -> None:
        for name in list(self._shards):
            self._shards.pop(name).close()


def _take(folder: Path) -> int:
    """Return the descriptor whose lock makes the folder ours; the system frees it with the process."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"store folder {folder} cannot be written ({error}); choose another") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(lock, 20, 0).decode(errors="replace") or "unknown"
        os.close(lock)
        raise StoreError(
            f"store folder {folder} is in use by process {holder}; stop that process or choose another folder"
        ) from error
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def _translated(work: Callable[[], Result]) -> Result:
    """Run *work*; the engine raises bare Exceptions, which become errors of the store."""
    try:
        return work()
    except (StoreError, StoreUnavailable):
        raise
    except Exception as error:
        kind = StoreUnavailable if any(sign in str(error) for sign in _TRANSIENT) else StoreError
        raise kind(f"the embedded store failed: {error}") from error

"""The store of another process (`store_server.py`), as that process would use it itself."""

import asyncio
from collections.abc import Sequence
from typing import Any

from store_server import read_frame, write_frame

from groundswell.models.record import Vector
from groundswell.sinks.store import EVERYTHING, Collection, Neighbour, Page, Point, StoreUnavailable, Where


class RemoteStore:
    """Implements Store; StoreUnavailable while the socket is away."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._lock = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ensure(self, collection: Collection) -> None:
        await self._call("ensure", collection)

    async def upsert(self, collection: Collection, points: Sequence[Point]) -> None:
        await self._call("upsert", collection, list(points))

    async def commit(
        self, collection: Collection, points: Sequence[Point], epoch: int, *, over: int | None = None
    ) -> None:
        await self._call("commit", collection, list(points), epoch, over=over)

    async def barrier(self, collection: Collection) -> None:
        await self._call("barrier", collection)

    async def retrieve(
        self, collection: Collection, ids: Sequence[str], *, vectors: bool = False
    ) -> list[Point]:
        return await self._call("retrieve", collection, list(ids), vectors=vectors)

    async def read_all(
        self,
        collection: Collection,
        where: Where = EVERYTHING,
        *,
        vectors: bool = True,
        limit: int | None = None,
    ) -> list[Point]:
        return await self._call("read_all", collection, where, vectors=vectors, limit=limit)

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
        return await self._call(
            "scroll",
            collection,
            where,
            limit=limit,
            order_by=order_by,
            descending=descending,
            after=after,
            vectors=vectors,
        )

    async def nearest(
        self, collection: Collection, vector: Vector, where: Where = EVERYTHING, *, limit: int
    ) -> list[Neighbour]:
        return await self._call("nearest", collection, vector, where, limit=limit)

    async def count(self, collection: Collection, where: Where = EVERYTHING) -> int:
        return await self._call("count", collection, where)

    async def delete(self, collection: Collection, where: Where) -> None:
        await self._call("delete", collection, where)

    async def close(self) -> None:
        """Let go of the socket; the store stays open for the others."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        async with self._lock:
            try:
                well, value = await self._exchange((method, args, kwargs))
            except (OSError, asyncio.IncompleteReadError) as error:
                await self.close()
                raise StoreUnavailable(f"the store's process does not answer: {error!r}") from error
            except asyncio.CancelledError:
                await self.close()  # half a conversation: the next call begins anew
                raise
        if not well:
            raise value
        return value

    async def _exchange(self, request: Any) -> Any:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        await write_frame(writer, request)
        return await read_frame(reader)

"""A Qdrant server, over gRPC or REST; or the client's own in-memory imitation of one, for tests.

The only importer of qdrant_client, with qdrant_schema. The server must be 1.17 or later, because older
ones ignore the fence of a commit; from 1.19 on it answers no reads while it recovers.
"""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog
from grpc import RpcError, StatusCode  # type: ignore[import-untyped]
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from groundswell.models.record import Vector
from groundswell.sinks import qdrant_schema as schema
from groundswell.sinks.points import (
    EPOCH,
    Collection,
    Point,
    StoreError,
    StoreUnavailable,
    check_ids,
    check_vector,
)
from groundswell.sinks.store import Neighbour, Page
from groundswell.sinks.store_requests import (
    all_of,
    batches,
    best_first,
    check_order,
    committed,
    in_order,
    removable,
    upserted,
)
from groundswell.sinks.where import EVERYTHING, Where

REST_BYTES = 32 * 2**20
"""A server refuses larger JSON requests (its default `max_request_size_mb`)."""
GRPC_BYTES = 60 * 10**6
"""The largest gRPC request that was tried."""

_ABSENT = str(uuid.uuid5(uuid.NAMESPACE_URL, "groundswell:barrier"))
_PERMANENT = frozenset(
    {
        StatusCode.INVALID_ARGUMENT,
        StatusCode.NOT_FOUND,
        StatusCode.ALREADY_EXISTS,
        StatusCode.FAILED_PRECONDITION,
        StatusCode.OUT_OF_RANGE,
        StatusCode.PERMISSION_DENIED,
        StatusCode.UNAUTHENTICATED,
        StatusCode.UNIMPLEMENTED,
    }
)
_log = structlog.get_logger()


class QdrantServer:
    """A store on a server, shared by many processes. The calls are described at Store."""

    def __init__(
        self, url: str, *, api_key: str | None = None, prefer_grpc: bool = True, timeout_s: int = 30
    ) -> None:
        """Prepare to talk to *url* (":memory:" is the imitation); nothing is sent yet.

        With `prefer_grpc` port 6334 must be reachable too.
        """
        self._url = url
        self._memory = url == ":memory:"
        self._most_bytes = GRPC_BYTES if prefer_grpc else REST_BYTES
        self._checked = self._memory
        self._client = AsyncQdrantClient(
            location=url,
            api_key=api_key,
            prefer_grpc=prefer_grpc,
            timeout=timeout_s,
            check_compatibility=False,  # it warns from a thread of its own; see _check_version
        )

    async def ensure(self, collection: Collection) -> None:
        """Create the collection and its indexes where they are missing."""
        with self._errors("ensure", collection):
            await self._check_version()
            if not await self._client.collection_exists(collection.name):
                await self._create(collection)
            info = await self._client.get_collection(collection.name)
            schema.check(collection, info)
            if self._memory:
                return  # it has no indexes and would warn
            for key, index in schema.missing_indexes(collection, info).items():
                await self._client.create_payload_index(collection.name, key, index, wait=True)

    async def upsert(self, collection: Collection, points: Sequence[Point]) -> None:
        """Write points whole, in as many requests as their size needs."""
        requests = list(batches(upserted(collection, points), self._most_bytes))
        for batch in requests:
            with self._errors("upsert", collection):
                rows = [schema.row(point) for point in batch]
                await self._client.upsert(collection.name, rows, wait=True)

    async def commit(
        self, collection: Collection, points: Sequence[Point], epoch: int, *, over: int | None = None
    ) -> None:
        """Write points of a state in one request, behind the fence."""
        requests = list(batches(committed(collection, points, epoch), self._most_bytes))
        if len(requests) > 1:
            raise StoreError(
                f"commit of {len(points)} points to {collection.name} exceeds {self._most_bytes} bytes and "
                "cannot be cut; use gRPC instead of REST, or fewer points"
            )
        for batch in requests:
            with self._errors("commit", collection):
                rows = [schema.row(point) for point in batch]
                fence = schema.filter_of(Where.at_most(EPOCH, epoch if over is None else over))
                await self._client.upsert(collection.name, rows, wait=True, update_filter=fence)

    async def barrier(self, collection: Collection) -> None:
        """Delete a point that never exists, waiting for its turn behind every write before."""
        with self._errors("barrier", collection):
            await self._client.delete(collection.name, models.PointIdsList(points=[_ABSENT]), wait=True)

    async def retrieve(
        self, collection: Collection, ids: Sequence[str], *, vectors: bool = False
    ) -> list[Point]:
        """Return the points with these ids."""
        check_ids(ids)
        with self._errors("retrieve", collection):
            rows = await self._client.retrieve(collection.name, ids, with_payload=True, with_vectors=vectors)
        return in_order([schema.point(row) for row in rows], ids)

    async def read_all(
        self,
        collection: Collection,
        where: Where = EVERYTHING,
        *,
        vectors: bool = True,
        limit: int | None = None,
    ) -> list[Point]:
        """Return all points that match, in one request."""
        bound = await self.count(collection, where) if limit is None else limit
        page = await self.scroll(collection, where, limit=bound + 1, vectors=vectors)
        return all_of(collection, page.points, bound, limit)

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
        with self._errors("scroll", collection):
            rows, following = await self._client.scroll(
                collection.name,
                scroll_filter=schema.filter_of(where),
                limit=limit,
                order_by=schema.order(order_by, descending),
                offset=after,
                with_payload=True,
                with_vectors=vectors,
            )
        ends = order_by is not None or following is None
        return Page([schema.point(row) for row in rows], None if ends else str(following))

    async def nearest(
        self, collection: Collection, vector: Vector, where: Where = EVERYTHING, *, limit: int
    ) -> list[Neighbour]:
        """Return the points most similar to *vector*."""
        where.check(collection)
        check_vector(collection, vector, "the query")
        with self._errors("nearest", collection):
            answer = await self._client.query_points(
                collection.name,
                query=vector.tolist(),
                query_filter=schema.filter_of(where),
                limit=limit,
                with_payload=True,
            )
        return best_first([Neighbour(schema.point(row), row.score) for row in answer.points])

    async def count(self, collection: Collection, where: Where = EVERYTHING) -> int:
        """Return how many points match."""
        where.check(collection)
        with self._errors("count", collection):
            answer = await self._client.count(
                collection.name, count_filter=schema.filter_of(where), exact=True
            )
        return answer.count

    async def delete(self, collection: Collection, where: Where) -> None:
        """Delete the points that match."""
        selector = models.FilterSelector(filter=schema.filter_of(removable(collection, where)))
        with self._errors("delete", collection):
            await self._client.delete(collection.name, selector, wait=True)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _create(self, collection: Collection) -> None:
        try:
            await self._client.create_collection(collection.name, **schema.creation(collection))
        except (UnexpectedResponse, RpcError):
            # Another worker may have been faster; if it was not, the refusal stands.
            if not await self._client.collection_exists(collection.name):
                raise

    async def _check_version(self) -> None:
        """Refuse a server that would ignore the fence, once per connection."""
        if self._checked:
            return
        text = (await self._client.info()).version
        major, minor = (int(part) for part in text.split(".")[:2])
        if (major, minor) < (1, 17):
            raise StoreError(f"Qdrant {text} at {self._url} ignores update filters; use 1.19 or later")
        if (major, minor) < (1, 19):
            _log.warning("qdrant_answers_while_it_recovers", version=text, advice="use 1.19 or later")
        self._checked = True

    @contextmanager
    def _errors(self, call: str, collection: Collection) -> Iterator[None]:
        """Turn the client's errors into the store's."""
        told = f"{call} on {collection.name} at {self._url}"
        try:
            yield
        except (ResponseHandlingException, ResourceExhaustedResponse) as error:
            raise StoreUnavailable(f"{told} failed: {error}") from error
        except UnexpectedResponse as error:
            again = error.status_code in (408, 429) or (error.status_code or 500) >= 500
            raise (StoreUnavailable if again else StoreError)(f"{told} failed: {error}") from error
        except RpcError as error:
            kind = StoreError if error.code() in _PERMANENT else StoreUnavailable
            raise kind(f"{told} failed: {error.code().name}: {error.details()}") from error
        except (ValueError, RuntimeError) as error:
            if isinstance(error, StoreError | StoreUnavailable):
                raise
            raise StoreError(f"{told} failed: {error}") from error

"""What the served store does about servers that are away, too old or limited; no server is needed."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import store_writer as writer
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer

from groundswell.sinks.store import (
    Collection,
    InvalidPoint,
    Point,
    StoreError,
    StoreUnavailable,
    open_store,
)


@pytest.fixture
async def old_server() -> AsyncIterator[Callable[[str], Awaitable[str]]]:
    """Start something that answers like a Qdrant of a version, but has no collection."""
    running: list[TestServer] = []

    async def start(version: str) -> str:
        async def answer(_: web.Request) -> web.Response:
            return web.json_response({"title": "qdrant - vector search engine", "version": version})

        application = web.Application()
        application.router.add_get("/", answer)
        running.append(TestServer(application))
        await running[-1].start_server()
        return str(running[-1].make_url("/"))

    yield start
    for server in running:
        await server.close()


@pytest.mark.parametrize("grpc", [True, False])
async def test_a_server_that_is_away_is_to_be_tried_again(grpc: bool) -> None:
    store = open_store("http://127.0.0.1:1", prefer_grpc=grpc, timeout_s=2)
    with pytest.raises(StoreUnavailable, match=r"ensure on state at http://127\.0\.0\.1:1"):
        await store.ensure(writer.STATE)
    with pytest.raises(StoreUnavailable, match="commit on state"):
        await store.commit(writer.STATE, writer.changes(0), epoch=1)
    await store.close()


async def test_a_server_that_ignores_the_fence_is_refused(
    old_server: Callable[[str], Awaitable[str]],
) -> None:
    store = open_store(await old_server("1.16.3"), prefer_grpc=False)
    with pytest.raises(StoreError, match=r"1\.16\.3 .* ignores update filters"):
        await store.ensure(writer.STATE)
    await store.close()


async def test_a_server_that_reads_while_it_recovers_is_warned_of(
    old_server: Callable[[str], Awaitable[str]],
) -> None:
    store = open_store(await old_server("1.18.3"), prefer_grpc=False)
    with structlog.testing.capture_logs() as logs, pytest.raises(StoreError, match="404"):
        await store.ensure(writer.STATE)
    await store.close()

    assert [(line["log_level"], line["version"]) for line in logs] == [("warning", "1.18.3")]


async def test_a_commit_too_large_for_rest_is_refused_and_an_upsert_is_cut() -> None:
    store = open_store("memory:", prefer_grpc=False)
    plain = Collection("plain", None)
    await store.ensure(plain)
    await store.ensure(writer.STATE)
    halves = [Point(writer.point_id(n), {"text": "x" * (17 * 2**20)}) for n in range(2)]

    with pytest.raises(StoreError, match="cannot be cut; use gRPC"):
        await store.commit(writer.STATE, halves, epoch=1)
    with pytest.raises(InvalidPoint, match=writer.point_id(1)):
        await store.upsert(plain, [Point(writer.point_id(1), {"text": "x" * (33 * 2**20)})])
    await store.upsert(plain, halves)
    assert (await store.count(writer.STATE), await store.count(plain)) == (0, 2)
    await store.close()

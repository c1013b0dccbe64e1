"""The batches of a stage: all that waits, and nothing of an assignment that is gone."""

import asyncio
from types import SimpleNamespace
from typing import Any
from weakref import WeakSet

import faust
import pytest
from faust.types import TP

from groundswell.streams.batch_stream import BatchStream


class Message(SimpleNamespace):
    """What a stream looks at; held weakly, as Faust holds it."""

    __hash__ = object.__hash__


@pytest.fixture
async def app() -> faust.App:
    app = faust.App("batches", broker="kafka://localhost:1", store="memory://", Stream=BatchStream)
    app.consumer = SimpleNamespace(unacked=WeakSet())  # the real one starts a thread and a loop
    app.flow_control.resume()
    return app


def event(app: faust.App, offset: int, generation: int = 0) -> Any:
    generation += app.consumer_generation_id
    message = Message(tp=TP("in", 0), offset=offset, generation_id=generation, tracked=False)
    return SimpleNamespace(message=message)


async def test_what_waits_is_one_batch_up_to_its_size(app: faust.App) -> None:
    stream = app.stream(app.channel())
    batches = stream.noack_take(3, 0.01)
    for offset in range(5):
        await stream.channel.queue.put(event(app, offset))
    taken = [[one.message.offset for one in await anext(batches)] for _ in range(2)]
    await batches.aclose()

    assert taken == [[0, 1, 2], [3, 4]]


async def test_a_batch_waits_for_more_from_its_first_event_on(app: faust.App) -> None:
    stream = app.stream(app.channel())
    batches = stream.noack_take(3, 0.2)
    await stream.channel.queue.put(event(app, 0))
    coming = asyncio.ensure_future(anext(batches))
    await asyncio.sleep(0.05)
    await stream.channel.queue.put(event(app, 1))

    assert [one.message.offset for one in await coming] == [0, 1]
    await batches.aclose()


async def test_events_of_an_assignment_that_is_gone_are_skipped(app: faust.App) -> None:
    stream = app.stream(app.channel())
    batches = stream.noack_take(3, 0.01)
    for one in (event(app, 0, generation=-1), event(app, 1)):
        await stream.channel.queue.put(one)

    assert [one.message.offset for one in await anext(batches)] == [1]
    await batches.aclose()


async def test_a_rebalance_waits_for_what_was_handed_out(app: faust.App) -> None:
    stream = app.stream(app.channel())
    batches = stream.noack_take(3, 0.01)
    await stream.channel.queue.put(event(app, 7))
    (one,) = await anext(batches)

    assert one.message.tracked
    assert set(app.consumer.unacked) == {one.message}
    await batches.aclose()

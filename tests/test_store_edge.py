"""The embedded store: one process at a time, and what it holds after a kill."""

import asyncio
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import orjson
import pytest
import qdrant_edge as engine
import store_writer as writer

from groundswell.sinks.qdrant_shard import Shard
from groundswell.sinks.store import Point, StoreError, open_store, state_record
from groundswell.streams.collections import TURNS


async def test_everything_is_there_after_closing_and_opening_again(tmp_path: Path) -> None:
    for batch in range(3):
        store = open_store(f"edge:{tmp_path}")
        await store.ensure(writer.STATE)
        await store.commit(writer.STATE, writer.changes(batch), epoch=batch)
        await store.close()

    _expect_state_after(2, await _read(tmp_path))


async def test_a_folder_in_use_is_refused_with_the_process_that_holds_it(tmp_path: Path) -> None:
    first = open_store(f"edge:{tmp_path}")
    with pytest.raises(StoreError, match=f"in use by process {os.getpid()}; stop that process"):
        open_store(f"edge:{tmp_path}")
    await first.close()

    await open_store(f"edge:{tmp_path}").close()


async def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreError, match="cannot be written"):
        open_store(f"edge:{tmp_path / 'file' / 'store'}")


async def test_a_half_made_collection_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "state.unfinished" / "segments" / "junk").mkdir(parents=True)
    store = open_store(f"edge:{tmp_path}")
    await store.ensure(writer.STATE)

    assert await store.count(writer.STATE) == 0
    await store.close()


def test_the_engine_gets_the_indexed_keys_alone_and_a_point_of_an_earlier_version_is_read(
    tmp_path: Path,
) -> None:
    shard = Shard(tmp_path / "turns", TURNS, flush_every=1)
    payload = {"owner": "default/a", "time": 7, "text": "naïve", "slices": {"plan": "x"}, "seq": None}
    now, before = (f"00000000-0000-0000-0000-00000000000{n}" for n in (1, 2))
    shard.write([Point(now, payload)])
    shard._shard.update(engine.UpdateOperation.upsert_points([engine.Point(before, {}, payload)]))

    assert {point.id: point.payload for point in shard.retrieve([now, before], False)} == {
        now: payload,
        before: payload,
    }
    (held,) = shard._shard.retrieve([now], True, False)
    assert held.payload.keys() == {"owner", "time", "~rest"}
    shard.close()


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = open_store(f"edge:{tmp_path}")
    await store.close()

    with pytest.raises(StoreError, match="is closed"):
        await store.ensure(writer.STATE)


async def test_segments_hold_every_second_write_when_flushing_every_second(tmp_path: Path) -> None:
    """Seen in a copy without the log: it has what was flushed and no more."""
    store = open_store(f"edge:{tmp_path / 'store'}", flush_every=2)
    await store.ensure(writer.STATE)
    flushed = []
    for batch in range(5):
        await store.commit(writer.STATE, writer.changes(batch), epoch=1)
        flushed.append(await _batch_without_log(tmp_path))
    await store.close()

    assert flushed == [-1, 1, 1, 3, 3]


async def test_a_state_is_one_committed_batch_after_every_kill(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    batch = -1
    for lines in [2, 1, 1, *rng.integers(2, 40, size=12).tolist()]:  # 1: while it takes the state over
        acknowledged = max(
            batch, await asyncio.to_thread(_run_and_kill, tmp_path, lines, rng.uniform(0, 0.006))
        )
        found = await _read(tmp_path)
        batch = _batch(found)
        assert batch in (acknowledged, acknowledged + 1)
        _expect_state_after(batch, found)


async def _batch_without_log(folder: Path) -> int:
    copy = folder / "copy"
    shutil.copytree(folder / "store", copy, ignore=shutil.ignore_patterns("wal"))
    try:
        return _batch(await _read(copy))
    finally:
        shutil.rmtree(copy)


async def _read(folder: Path) -> dict[str, Point]:
    store = open_store(f"edge:{folder}")
    await store.ensure(writer.STATE)
    found = {point.id: point for point in await store.read_all(writer.STATE)}
    await store.close()
    return found


def _batch(found: dict[str, Point]) -> int:
    return int(orjson.loads(state_record(found[writer.HEADER]).payload)["batch"]) if found else -1


def _expect_state_after(batch: int, found: dict[str, Point]) -> None:
    expected = writer.state_after(batch)
    assert found.keys() == expected.keys()
    for id_, point in expected.items():
        assert found[id_].payload == point.payload | {"epoch": found[id_].payload["epoch"]}
        assert writer.same(state_record(found[id_]).vector, point.vector)


def _run_and_kill(folder: Path, lines: int, seconds: float) -> int:
    """Run the writer, kill it some seconds after it printed some lines; return its last batch or -1."""
    command = [sys.executable, writer.__file__, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(lines)]
        time.sleep(seconds)  # so that the kill falls anywhere between two acknowledgements
        process.kill()
        told += process.stdout.readlines()
    return max((int(line) for line in told if line[:1].isdigit()), default=-1)

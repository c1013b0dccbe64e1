"""What the intents of many agents cost one worker: python benchmarks/intents_scale.py FILE... [options].

FILEs are those of `intents.py`; the first 200 of their intents are used (CLINC150 and BANKING77 have 227).
Four agents take in the same utterances, each in an order of its own, as conversations that end, through
the stage `intents`; what they keep goes into a store in a folder, and is copied there for the other
tenants. Another process claims the agents of all tenants, as a worker does after a restart, and lets each
go on for some conversations. Printed are

- `intents_found`, `fines_found`: live intents and sub-intents of an agent, mean, of `intents_true`;
- `state_mib`, `stored_mib`: bytes of one agent's records (payloads and vectors), conversations left out,
  and of the store's folder for each agent;
- `recovery_cpu_s`, `recovery_s`: CPU seconds of the process, and seconds of the clock, until a stored agent
  is at work again, claim and embedded store included: the mean; and the worst of the clock's;
- `rss_mib`: resident memory of the process that holds all of them, its embedded store closed again, as where
  Qdrant is a server; `rss_with_store_mib`, while it is open; `rss_before_mib`, before it was opened;
- `agent_mib`: what each agent added to memory that is no mapped file.
"""

import os

# Results depend on the number of BLAS threads, and it is read when numpy is imported.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from gate_data import Vectors
from intents_agent import Desk
from intents_cli import Figures, finish
from intents_data import number_labels, read_utterances

from groundswell.models.contract import owner_of
from groundswell.models.record import StateRecord, Vector
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.store import Store, Where, open_store, state_record
from groundswell.streams.collections import INTENTS_STATE
from groundswell.streams.embedded import OneLog
from groundswell.streams.intents import Held, Intents
from groundswell.streams.ownership import claim
from groundswell.streams.settings import Settings

GROWN = 4  # agents that take in every utterance; the others are copies
TOGETHER = 500  # conversations of one commit
GOALS = {
    "state_mib": (12.0, True),
    "recovery_cpu_s": (1.0, True),
    "rss_mib": (1024.0, True),
}


@dataclass(frozen=True, slots=True)
class Said:
    """Utterances and their vectors."""

    texts: list[str]
    vectors: list[Vector]


def desk_of(held: Held, tenant: str, begin: int) -> Desk:
    """Return a desk at a claimed agent, whose next conversation is number *begin*."""
    return Desk(tenant=tenant, state=held.state, begin=begin)


def converse(desk: Desk, said: Said, order: Sequence[int]) -> None:
    """Let conversations come and end."""
    for i in order:
        number = desk.number
        desk.say(number, said.texts[i], said.vectors[i], 60_000 * number)
        desk.settle(number)


async def grow(stage: Intents, store: Store, tenant: str, said: Said, seed: int) -> dict[str, StateRecord]:
    """Let one agent take in everything, and return its records as the store has them."""
    held = await stage.claim(tenant, "agent")
    desk = desk_of(held, tenant, 0)
    order = np.random.default_rng(seed).permutation(len(said.texts)).tolist()
    for start in range(0, len(order), TOGETHER):
        converse(desk, said, order[start : start + TOGETHER])
        await stage.commit(held).write(store)
    where = Where.equal(owner=owner_of(tenant, "agent"), kind="state")
    points = await store.read_all(INTENTS_STATE, where, vectors=True)
    return {str(point.payload["name"]): state_record(point) for point in points}


async def fill(folder: Path, said: Said, tenants: int, seed: int) -> Figures:
    """Write the states of all tenants; return what they weigh."""
    store = open_store(f"edge:{folder}")
    await store.ensure(INTENTS_STATE)
    stage = stage_of(store)
    grown = [
        await grow(stage, store, f"t{number}", said, seed + number) for number in range(min(GROWN, tenants))
    ]
    for number in range(len(grown), tenants):
        owned = await claim(store, INTENTS_STATE, owner_of(f"t{number}", "agent"))
        await owned.commit(grown[number % len(grown)]).write(store)
    await store.close()
    sizes = [sum(map(size_of, records.values())) for records in grown]
    return {"state_mib": float(np.mean(sizes)) / 2**20}


def stored(folder: Path) -> float:
    """Return the MiB that a folder takes on the disk."""
    return sum(path.stat().st_blocks for path in folder.rglob("*") if path.is_file()) * 512 / 2**20


def size_of(record: StateRecord) -> int:
    """Return the bytes of a record."""
    return len(record.payload) + (0 if record.vector is None else record.vector.nbytes)


def stage_of(store: Store) -> Intents:
    """Return the stage on a store."""
    return Intents(Settings(), store, OneLog(), Metrics(), time.time)


async def recover(folder: Path, said: Said, tenants: int, more: int, seed: int) -> Figures:
    """Claim the agents of all tenants and let each go on; return the time it takes and the memory."""
    before, store = resident(), open_store(f"edge:{folder}")
    await store.ensure(INTENTS_STATE)
    stage, opened = stage_of(store), resident()
    seconds, held, cpu = [], [], time.process_time()
    for number in range(tenants):
        start = time.perf_counter()
        held.append(await stage.claim(f"t{number}", "agent"))
        seconds.append(time.perf_counter() - start)
    cpu = time.process_time() - cpu
    random = np.random.default_rng(seed)
    for number, one in enumerate(held):
        desk = desk_of(one, f"t{number}", len(said.texts))
        converse(desk, said, random.integers(len(said.texts), size=more).tolist())
        await stage.commit(one).write(store)
    working = resident()
    await store.close()
    after, groups = resident(), [one.state.engine.groups() for one in held]
    return {
        "intents_found": float(np.mean([len(set(found.values())) for found in groups])),
        "fines_found": float(np.mean([len(found) for found in groups])),
        "recovery_cpu_s": cpu / tenants,
        "recovery_s": float(np.mean(seconds)),
        "recovery_worst_s": max(seconds),
        "rss_before_mib": before["VmRSS"],
        "rss_with_store_mib": working["VmRSS"],
        "rss_mib": after["VmRSS"],
        "agent_mib": (working["RssAnon"] - opened["RssAnon"]) / tenants,
    }


def resident() -> dict[str, float]:
    """Return this process's resident memory, MiB, by kind; raises OSError where there is no /proc."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    pairs = (line.split(":", 1) for line in lines)
    return {name: int(value.split()[0]) / 1024 for name, value in pairs if name in ("VmRSS", "RssAnon")}


def recovered(folder: Path, said: Said, tenants: int, more: int, seed: int) -> Figures:
    """Recover in this process, which is one of its own."""
    return asyncio.run(recover(folder, said, tenants, more, seed))


def main() -> int:
    """Run; return the exit status."""
    args = arguments()
    try:
        utterances = [one for path in args.files for one in read_utterances(path, with_oos=False)]
    except (OSError, ValueError) as error:
        print(f"cannot read the utterances: {error}", file=sys.stderr)
        return 2
    numbers = number_labels([one.intent for one in utterances])
    random, embed = np.random.default_rng(args.seed), Vectors(args.vectors)
    kept = np.concatenate(
        [random.permutation(np.flatnonzero(numbers == label))[: args.turns] for label in range(args.intents)]
    )
    said = Said([utterances[i].text for i in kept], [embed(utterances[i].text) for i in kept])
    embed.save()
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(fill(Path(folder), said, args.tenants, args.seed))
        figures["stored_mib"] = stored(Path(folder)) / args.tenants
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            more = pool.submit(recovered, Path(folder), said, args.tenants, args.more, args.seed)
            figures |= more.result()
    figures |= {"intents_true": len(set(numbers[kept].tolist())), "turns": len(kept)}
    if args.json:
        data = [str(path) for path in args.files]
        print(json.dumps({"data": data, "tenants": args.tenants, "seed": args.seed, "figures": figures}))
    return finish(figures, GOALS, shown=not args.json, check=args.check)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="What the intents of many agents cost one worker.")
    parser.add_argument("files", type=Path, nargs="+", help='JSON lines {"text", "intent"}, .gz or not')
    parser.add_argument("--tenants", type=int, default=100, help="each with one agent")
    parser.add_argument("--intents", type=int, default=200, help="labels that are used, at most")
    parser.add_argument("--turns", type=int, default=40, help="utterances of each label, at most")
    parser.add_argument("--more", type=int, default=200, help="conversations of each agent after recovery")
    parser.add_argument("--seed", type=int, default=0, help="of the orders of arrival")
    parser.add_argument("--vectors", type=Path, help="keep the embeddings here between runs, .npz")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--check", action="store_true", help="exit 1, naming each figure short of its goal")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""What the intents of many agents cost one worker: python benchmarks/intents_scale.py FILE... [options].

FILEs are those of `intents.py`; the first 200 of their intents are used (CLINC150 and BANKING77 have 227).
Four agents take in the same utterances, each in an order of its own, as conversations that end, through
the stage `intents`; what they keep goes into a store in a folder, and is copied there for the other
tenants. One process then claims the agents of all tenants, as a worker does after a restart. Another one,
without a store, as where Qdrant is a server, holds all of them and lets each go on. Printed are

- `intents_found`, `fines_found`: live intents and sub-intents of an agent, mean, of `intents_true`;
- `state_mib`, `stored_mib`: bytes of one agent's records (payloads and vectors), conversations left out,
  and of the store's folder for each agent;
- `recovery_cpu_s`, `recovery_s`: CPU seconds of the process, and seconds of the clock, until a stored agent
  is at work again, claim and embedded store included: the mean; and the worst of the clock's;
- `rss_mib`: resident memory of the process that holds all, `rss_before_mib` of it before the first, and
  `agent_mib` what each added; `rss_with_store_mib`, of the process that has claimed all from its store.
"""

import os

# Results depend on the number of BLAS threads, and it is read when numpy is imported.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from gate_data import Vectors
from intents_cli import Figures, finish
from intents_data import number_labels, read_utterances
from intents_tenants import GROWN, Said, fill, hold_all, recovered, state_file, stored

GOALS = {
    "state_mib": (12.0, True),
    "recovery_cpu_s": (1.0, True),
    "rss_mib": (1024.0, True),
}


def alone(work: Callable[..., Figures], *given: object) -> Figures:
    """Return what *work* returns in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


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
    with tempfile.TemporaryDirectory() as scratch:
        folder, grown = Path(scratch) / "store", min(GROWN, args.tenants)
        figures = asyncio.run(fill(folder, said, args.tenants, args.seed))
        figures["stored_mib"] = stored(folder) / args.tenants
        states = [state_file(folder, number) for number in range(grown)]
        figures |= alone(recovered, folder, args.tenants)
        figures |= alone(hold_all, states, said, args.tenants, args.more, args.seed)
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

"""`groundswell run`: progress on a terminal, an account at the end, problems by line."""

import dataclasses
import json
import time
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console

from groundswell.models.importing.detection import UnknownFormat
from groundswell.models.importing.table import UnknownColumns
from groundswell.streams.embedded import MAX_EVENT_BYTES
from groundswell.streams.exit_codes import FAILED, USAGE
from groundswell.streams.importing import How, count_events, read_events
from groundswell.streams.progress import Problems, progress
from groundswell.streams.replay_order import with_ticks
from groundswell.streams.run import Account, run_to_folder
from groundswell.streams.settings import Settings

err = Console(stderr=True)


def run_files(files: Sequence[str], out: Path, settings: Settings, *, how: How, as_json: bool) -> int:
    """Run *files* through every stage into *out*; return the exit code."""
    problems = Problems()
    how = dataclasses.replace(how, largest=MAX_EVENT_BYTES)
    try:
        events = read_events(files, now_ms=int(time.time() * 1000), how=how, report=problems.add)
        with progress(err, "replaying", count_events(files, how)) as tell:
            account, _ = run_to_folder(with_ticks(events), settings, out, tell)
    except OSError as error:
        err.print(f"cannot read {error.filename}: {error.strerror}", markup=False, soft_wrap=True)
        return FAILED
    except (UnknownFormat, UnknownColumns) as error:
        err.print(str(error), markup=False, soft_wrap=True)
        return USAGE
    problems.show(err)
    typer.echo(json.dumps(dataclasses.asdict(account)) if as_json else summary(account, out))
    return 0 if account.balanced else FAILED


def summary(account: Account, out: Path) -> str:
    """Return the account for people."""
    topics = "\n".join(f"  {name}.jsonl  {count}" for name, count in account.outputs.items())
    verdict = "every event accounted for" if account.balanced else "EVENTS ARE MISSING: please report this"
    return (
        f"{account.events} events = {account.processed} processed + {account.duplicates} duplicates"
        f" + {account.dead_letters} dead letters ({verdict})\n"
        f"{account.turns} user turns in {account.intents} intents, {account.spikes} spikes, "
        f"{account.proposals} proposals, {account.withheld} withheld, in {account.seconds} s\n"
        f"{out}/\n{topics}"
    )

"""`groundswell run`: progress on a terminal, an account at the end, problems by line."""

import dataclasses
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from groundswell.streams.embedded import MAX_EVENT_BYTES
from groundswell.streams.importing import ImportProblem, count_events, read_events
from groundswell.streams.replay_order import with_ticks
from groundswell.streams.run import Account, run_to_folder
from groundswell.streams.settings import Settings

err = Console(stderr=True)
#: Problems with rows that are printed; the rest is counted.
_SHOWN = 20


def run_files(
    files: Sequence[str],
    out: Path,
    settings: Settings,
    *,
    agent: str | None,
    tenant: str | None,
    as_json: bool,
) -> int:
    """Run *files* through every stage into *out*; return the exit code."""
    problems: list[ImportProblem] = []
    try:
        events = read_events(
            files,
            now_ms=int(time.time() * 1000),
            agent=agent,
            tenant=tenant,
            report=problems.append,
            largest=MAX_EVENT_BYTES,
        )
        with progress(count_events(files)) as tell:
            account, _ = run_to_folder(with_ticks(events), settings, out, tell)
    except OSError as error:
        err.print(f"cannot read {error.filename}: {error.strerror}", markup=False, soft_wrap=True)
        return 1
    for problem in problems[:_SHOWN]:
        err.print(str(problem), markup=False, soft_wrap=True)
    if len(problems) > _SHOWN:
        err.print(f"... and {len(problems) - _SHOWN} rows more with problems", markup=False, soft_wrap=True)
    typer.echo(json.dumps(dataclasses.asdict(account)) if as_json else summary(account, out))
    return 0 if account.balanced else 1


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


@contextmanager
def progress(total: int | None) -> Iterator[Callable[[int], None] | None]:
    """Show a bar with rate and time left on a terminal; nothing in a pipe."""
    if not err.is_terminal:
        yield None
        return
    columns = (
        TextColumn("replaying"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("replaying", total=total)
        yield lambda number: bar.update(task, completed=number)


class RateColumn(TextColumn):
    """Events per second."""

    def __init__(self) -> None:
        super().__init__("{task.speed:.0f} events/s")

    def render(self, task):  # type: ignore[no-untyped-def]
        """Return the rate, once there is one."""
        return super().render(task) if task.speed else ""

"""`groundswell import`: files onto the topic that the workers read; progress, and what was left out."""

import asyncio
import dataclasses
import json
import time
from collections.abc import Iterator, Sequence
from itertools import chain, islice

import typer
from rich.console import Console

from groundswell.models.importing.detection import UnknownFormat
from groundswell.models.importing.table import UnknownColumns
from groundswell.streams.exit_codes import FAILED, INTERRUPTED, UNREACHABLE, USAGE
from groundswell.streams.import_producer import Refused, Sending
from groundswell.streams.importing import How, Reading, count_events
from groundswell.streams.progress import Problems, progress
from groundswell.streams.replay_order import Imported
from groundswell.streams.settings import Settings

err = Console(stderr=True)


def import_files(files: Sequence[str], settings: Settings, *, how: How, as_json: bool) -> int:
    """Send what is in *files*; return the exit code."""
    problems, started = Problems(), time.perf_counter()
    how = dataclasses.replace(how, strict=True)
    sending = Sending(settings)
    reading = Reading(files, now_ms=int(time.time() * 1000), how=how, report=problems.add)
    try:
        events = opened(reading)
        with progress(err, "importing", count_events(files, how) if err.is_terminal else None) as tell:
            asyncio.run(sending.run(events, tell))
    except (KeyboardInterrupt, OSError, Refused, UnknownFormat, UnknownColumns) as error:
        problems.show(err)
        said, code = _reason(error)
        sent = f" ({sending.acknowledged} events were sent before)" if sending.acknowledged else ""
        err.print(said + sent, markup=False, soft_wrap=True)
        return code
    problems.show(err)
    account = {
        "events": sending.acknowledged,
        "rows": reading.records.rows,
        "left_out": problems.count,
        "silent": reading.records.silent,
        "formats": reading.formats,
        "seconds": round(time.perf_counter() - started, 2),
    }
    typer.echo(json.dumps(account) if as_json else summary(account))
    return FAILED if problems.count else 0


def opened(reading: Reading) -> Iterator[Imported]:
    """Return the events, all files opened: what is wrong with one comes out before any is sent."""
    events = reading.events()
    return chain(list(islice(events, 1)), events)


def _reason(error: BaseException) -> tuple[str, int]:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted; import again: what was sent already is recognised", INTERRUPTED
    if isinstance(error, OSError):
        return f"cannot read {error.filename}: {error.strerror}", FAILED
    return str(error), UNREACHABLE if isinstance(error, Refused) else USAGE


def summary(account: dict[str, object]) -> str:
    """Return the account for people."""
    formats = account["formats"]
    assert isinstance(formats, dict)
    read = ", ".join(f"{path} as {form}" for path, form in formats.items())
    lines = [
        f"{account['events']} events from {account['rows']} rows sent and acknowledged "
        f"in {account['seconds']} s",
        f"read {read}",
    ]
    if account["silent"]:
        lines.append(f"{account['silent']} rows hold nothing that was said (other steps, repeated history)")
    if account["left_out"]:
        lines.append(f"{account['left_out']} rows were left out, named above by file and line")
    return "\n".join(lines)

"""The whole flow over a file: every output topic as JSON lines, and an account of every event."""

import asyncio
import base64
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import orjson

from groundswell.models.board import BoardState
from groundswell.sinks.metrics import Metrics
from groundswell.streams.delivery import Output
from groundswell.streams.embedded import Flow, embedded, spaced
from groundswell.streams.replay_order import Imported
from groundswell.streams.settings import Settings
from groundswell.streams.tail import fold
from groundswell.streams.topics import DEAD_LETTERS, OUTPUT_TOPICS


class TopicFiles:
    """One file for each output topic: a line for each record, in the order of the topic."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, IO[bytes]] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        for topic in OUTPUT_TOPICS:
            path = self._folder / f"{topic.name}.jsonl"
            self._files[topic.name] = self._stack.enter_context(path.open("wb"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def write(self, output: Output) -> None:
        """Append one record. Dead letters, which may be any bytes, are wrapped with their headers."""
        file = self._files.get(output.topic)
        if file is not None:
            line = _letter(output) if output.topic == DEAD_LETTERS.name else output.value or b"null"
            file.write(line + b"\n")


def _letter(output: Output) -> bytes:
    """Return a dead letter as JSON: headers as text, key and value as base64, since they may be anything."""
    headers = {name: value.decode("utf-8", "replace") for name, value in output.headers}
    encoded = [
        None if part is None else base64.b64encode(part).decode() for part in (output.key, output.value)
    ]
    return orjson.dumps({"headers": headers, "key_base64": encoded[0], "value_base64": encoded[1]})


@dataclass(slots=True)
class Account:
    """Where every event went: `events` = processed + duplicates + dead letters."""

    events: int = 0
    processed: int = 0
    duplicates: int = 0
    dead_letters: int = 0
    turns: int = 0
    intents: int = 0
    spikes: int = 0
    proposals: int = 0
    withheld: int = 0
    seconds: float = 0.0
    outputs: dict[str, int] = field(default_factory=dict)

    @property
    def balanced(self) -> bool:
        """Whether no event is missing and none was counted twice."""
        return self.events == self.processed + self.duplicates + self.dead_letters


def account_of(flow: Flow, board: BoardState, events: int, ticks: int, seconds: float) -> Account:
    """Return the account of a run that has settled. Ticks are ours and are not counted as events."""
    totals = flow.totals("turns")
    view = board.view()
    return Account(
        events=events - ticks,
        processed=totals.processed - ticks,
        duplicates=totals.duplicates,
        dead_letters=totals.dead,
        turns=view.tally.turns,
        intents=sum(len(agent.intents) for agent in view.agents),
        spikes=len({spike.fingerprint for spike in view.spikes}),
        proposals=len(view.proposals),
        withheld=len(view.withheld),
        seconds=round(seconds, 2),
        outputs={topic.name: flow.sent.records[topic.name] for topic in OUTPUT_TOPICS},
    )


async def run(
    events: Iterable[Imported],
    settings: Settings,
    *,
    on_output: Callable[[Output], None],
    on_progress: Callable[[int], None] | None = None,
    board: BoardState | None = None,
    metrics: Metrics | None = None,
    on_flow: Callable[[Flow], None] | None = None,
    afterwards: Callable[[Account], Awaitable[None]] | None = None,
) -> tuple[Account, BoardState]:
    """Carry *events* through every stage; return the account, and *board* with all that was folded.

    *on_flow* hears of the flow before the first event; *afterwards* runs while its store is still open.
    """
    board = board or BoardState()
    ticks = 0

    def counted() -> Iterable[Imported]:
        nonlocal ticks
        for event in spaced(events):
            ticks += not event.path  # ours, not the user's
            yield event

    def heard(output: Output) -> None:
        fold(board, output.topic, output.value, output.headers)
        on_output(output)

    with tempfile.TemporaryDirectory(prefix="groundswell-") as folder:
        async with embedded(settings, Path(folder), heard, metrics) as flow:
            if on_flow is not None:
                on_flow(flow)
            started = time.perf_counter()
            number = await flow.feed(counted(), on_progress)
            account = account_of(flow, board, number, ticks, time.perf_counter() - started)
            if afterwards is not None:
                await afterwards(account)
    return account, board


def run_to_folder(
    events: Iterable[Imported],
    settings: Settings,
    out: Path,
    on_progress: Callable[[int], None] | None = None,
) -> tuple[Account, BoardState]:
    """Run and leave every output topic in *out*."""
    with TopicFiles(out) as files:
        return asyncio.run(run(events, settings, on_output=files.write, on_progress=on_progress))

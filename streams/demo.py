"""`groundswell demo`: real conversations through every stage, and what came of them on the terminal."""

import asyncio
import dataclasses
import importlib.resources
import json
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import typer
from aiohttp import web
from rich.console import Console
from rich.live import Live

from groundswell.models.board import BoardState
from groundswell.sinks.conversation_page import ConversationPages
from groundswell.sinks.intent_pages import IntentPages
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.web import Server, make_app, start
from groundswell.streams.delivery import Output
from groundswell.streams.embedded import Flow
from groundswell.streams.importing import read_events
from groundswell.streams.intent_states import IntentStates
from groundswell.streams.replay_order import Imported, with_ticks
from groundswell.streams.run import Account, run
from groundswell.streams.settings import Settings
from groundswell.streams.teaching import teaching_pages
from groundswell.streams.terminal import report, ticker
from groundswell.streams.threads import Threads

#: The replay is promised to end within this time on two cores.
PROMISED_S = 60
_FILES = ("star_week.jsonl.gz", "tau_retail_grok3.jsonl.gz", "tau2_airline.jsonl.gz")
_REDRAW_S = 1.0


async def show(examples: Path | None, *, port: int, serve: bool, as_json: bool) -> int:
    """Replay the examples, print what came out, and serve the board; return the exit code."""
    folder = examples or Path(str(importlib.resources.files("groundswell.examples")))
    missing = [name for name in _FILES if not (folder / name).is_file()]
    console = Console(stderr=as_json)
    if missing:
        console.print(
            f"{folder} lacks {', '.join(missing)}; give another folder with --examples", markup=False
        )
        return 1
    settings = Settings(config=folder / "groundswell.yaml")
    metrics, board = Metrics(), BoardState()
    events = list(
        with_ticks(read_events([str(folder / name) for name in _FILES], now_ms=int(time.time() * 1000)))
    )
    inside = Inside(Threads(), IntentStates())
    taught = teaching_pages(settings, board, inside.send)
    pages = [
        *ConversationPages(inside.threads).routes(),
        *IntentPages(inside.intents, teaching=bool(taught)).routes(),
        *taught,
    ]
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(_port(metrics, board, pages, port)) if serve else None

        async def afterwards(account: Account) -> None:
            if as_json:
                typer.echo(json.dumps(_facts(account)))
            else:
                report(console, account, board.view(), PROMISED_S)
            if server is not None:
                await _serve(server, console)

        account = await _replay(events, settings, metrics, board, inside, console, afterwards)
    return 0 if account.balanced else 1


def _facts(account: Account) -> dict[str, float]:
    names = ("events", "turns", "intents", "spikes", "proposals", "dead_letters", "seconds")
    facts = dataclasses.asdict(account)
    return {name: facts[name] for name in names}


async def _replay(
    events: Sequence[Imported],
    settings: Settings,
    metrics: Metrics,
    board: BoardState,
    inside: "Inside",
    console: Console,
    afterwards: Callable[[Account], Awaitable[None]],
) -> Account:
    """Run the events through every stage behind a live display; the store stays open for *afterwards*."""
    progress = Progress(len(events))
    with Live(console=console, refresh_per_second=2, transient=True) as live:
        drawing = asyncio.create_task(_draw(live, board, progress, console))

        async def done(account: Account) -> None:
            drawing.cancel()
            live.stop()
            await afterwards(account)

        try:
            account, _ = await run(
                events,
                settings,
                on_output=lambda _: None,
                on_progress=progress.reach,
                board=board,
                metrics=metrics,
                on_flow=inside.use,
                afterwards=done,
            )
        finally:
            drawing.cancel()
    return account


@dataclasses.dataclass(slots=True)
class Inside:
    """What the pages need of the flow, which begins after the port is open."""

    threads: Threads
    intents: IntentStates
    flow: Flow | None = None

    def use(self, flow: Flow) -> None:
        """Serve from this flow from now on."""
        self.flow = flow
        self.threads.use(flow.services.store)
        self.intents.use(flow.services.store)

    async def send(self, output: Output) -> Awaitable[Any]:
        """Send a person's command into the flow. Raises ValueError while there is none."""
        if self.flow is None:
            raise ValueError("the replay has not begun yet; try again in a moment")
        return await self.flow.send(output)


class Progress:
    """How far the replay is."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.started = total, 0, time.perf_counter()

    def reach(self, number: int) -> None:
        """Note that *number* events have been sent."""
        self.done = number

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.started


async def _draw(live: Live, board: BoardState, progress: Progress, console: Console) -> None:
    while console.is_terminal:
        live.update(ticker(board.view(), progress.done, progress.total, progress.seconds))
        await asyncio.sleep(_REDRAW_S)


@asynccontextmanager
async def _port(
    metrics: Metrics, board: BoardState, pages: Sequence[web.RouteDef], port: int
) -> AsyncIterator[Server]:
    server = await start(make_app(metrics, board, lambda: (True, ""), more=pages), "127.0.0.1", port)
    try:
        yield server
    finally:
        await server.stop()


async def _serve(server: Server, console: Console) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    on_stop: Callable[[], None] = stop.set
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_stop)
    base = f"http://127.0.0.1:{server.port}"
    console.print(f"\nThe board: [bold]{base}/[/]   metrics: {base}/metrics   Ctrl-C ends.")
    await stop.wait()

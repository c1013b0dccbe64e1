"""The web port: the board, its JSON, the metrics and the two health answers.

Nothing is authenticated: bind it where only those reach it who may read conversations, and, where
teaching is on, who may change intents.
"""

import asyncio
import dataclasses
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus

import orjson
from aiohttp import web

from groundswell.models.board import BoardState
from groundswell.sinks.board import CONTENT_SECURITY_POLICY, SCRIPT, render
from groundswell.sinks.metrics import Metrics

#: Whether the worker can work (ready) or should be restarted (not alive), and why not.
Check = Callable[[], tuple[bool, str]]

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
#: Seconds that open requests have to end when the port closes.
GRACE_SECONDS = 2.0


class Pages:
    """The answers, from the state that the worker keeps."""

    def __init__(
        self, metrics: Metrics, board: BoardState, ready: Check, alive: Check, *, teaching: bool = False
    ) -> None:
        self.metrics = metrics
        self.state = board
        self.ready = ready
        self.alive = alive
        self.teaching = teaching

    async def board(self, request: web.Request) -> web.Response:
        """Answer with the page; `?sort=` orders the intents."""
        order = request.query.get("sort", "impact")
        view, now = self.state.view(), int(time.time() * 1000)
        # The view is a copy: folding goes on.
        page = await asyncio.to_thread(render, view, now, order, teaching=self.teaching)
        return web.Response(text=page, content_type="text/html", charset="utf-8")

    async def script(self, request: web.Request) -> web.Response:
        """Answer with the page's script."""
        return web.Response(text=SCRIPT, content_type="text/javascript", charset="utf-8")

    async def board_json(self, request: web.Request) -> web.Response:
        """Answer with the same view for programs."""
        view = dataclasses.asdict(self.state.view())
        return web.Response(body=orjson.dumps(view), content_type="application/json")

    async def scrape(self, request: web.Request) -> web.Response:
        """Answer with the metrics, in the format that the scraper accepts."""
        body, content_type = await asyncio.to_thread(self.metrics.expose, request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def healthz(self, request: web.Request) -> web.Response:
        """Answer whether the process should go on living."""
        return _health(self.alive)

    async def readyz(self, request: web.Request) -> web.Response:
        """Answer whether it takes in events, with the reason if not."""
        return _health(self.ready)


@dataclass
class Server:
    """A web port that is open."""

    runner: web.AppRunner
    port: int

    async def stop(self) -> None:
        """Close the port once open requests have ended."""
        await self.runner.cleanup()


def always() -> tuple[bool, str]:
    """Return that all is well: a process that answers is alive."""
    return True, ""


def make_app(
    metrics: Metrics,
    board: BoardState,
    ready: Check,
    alive: Check = always,
    more: Iterable[web.RouteDef] = (),
) -> web.Application:
    """Return the application; *ready* and *alive* are asked at every probe and say why not.

    *more* pages are served beside the board's own; the board links to `/teach` if it is among them.
    """
    more = list(more)
    teaching = any(route.path == "/teach" for route in more)
    pages = Pages(metrics, board, ready, alive, teaching=teaching)
    app = web.Application()
    app.on_response_prepare.append(_secure)
    app.add_routes(
        [
            web.get("/", pages.board),
            web.get("/board.js", pages.script),
            web.get("/api/board.json", pages.board_json),
            web.get("/metrics", pages.scrape),
            web.get("/healthz", pages.healthz),
            web.get("/readyz", pages.readyz),
            *more,
        ]
    )
    return app


async def start(app: web.Application, bind: str, port: int, *, auto_decompress: bool = True) -> Server:
    """Open the port (0: any that is free) and return it with its real number.

    *auto_decompress* false leaves the bodies of requests as they came.

    Raises OSError, naming the address, if the port cannot be opened.
    """
    runner = web.AppRunner(
        app, access_log=None, shutdown_timeout=GRACE_SECONDS, auto_decompress=auto_decompress
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, bind, port).start()
    except OSError as error:
        await runner.cleanup()
        raise OSError(
            error.errno, f"cannot open {bind}:{port} ({error.strerror}): choose another port"
        ) from error
    return Server(runner, runner.addresses[0][1])


def _health(check: Check) -> web.Response:
    well, reason = check()
    status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
    return web.Response(text=f"{'ok' if well else reason}\n", status=status)


async def _secure(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)

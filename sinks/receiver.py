"""The receiver: OTLP/HTTP and plain events, answered when the broker has all of a request.

`POST /v1/traces` and `/v1/logs` take OTLP in protobuf or JSON; `/v1/metrics` is answered, so that an
exporter for all signals stays quiet, and not kept; `/v1/events` takes conversation events: one JSON
object, an array, or one object a line. Bodies may be compressed with gzip.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

import orjson
from aiohttp import web

from groundswell.sinks.metrics import Metrics
from groundswell.sinks.otlp_answers import JSON, PROTOBUF, Receipt, failure, success
from groundswell.sinks.request_body import Body, Budget, NotTaken

#: Takes what a request holds: its path, its body, and whether that is JSON. Returns when it is durable.
Take = Callable[[str, bytes, bool], Awaitable[Receipt]]

EVENTS, METRICS = "/v1/events", "/v1/metrics"
PATHS = ("/v1/traces", "/v1/logs", METRICS, EVENTS)
#: Seconds that the broker may take; exporters give up after ten.
ACKNOWLEDGED_WITHIN_S = 8.0
_AWAY_S = 5
_EVENT_TYPES = frozenset(
    {JSON, "application/x-ndjson", "application/jsonl", "application/json-seq"}
    | {"application/cloudevents+json", "application/cloudevents-batch+json"}
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a receiver takes: bytes of one request, of all that are not yet durable, and the token."""

    request_bytes: int
    inflight_bytes: int
    token: str | None = None


class Receiver:
    """The requests, from their first byte to the broker's acknowledgement."""

    def __init__(
        self, take: Take, limits: Limits, metrics: Metrics, patience: float = ACKNOWLEDGED_WITHIN_S
    ) -> None:
        self.budget = Budget(limits.inflight_bytes)
        self._take = take
        self._limits = limits
        self._metrics = metrics
        self._patience = patience
        self._late: set[asyncio.Task[Receipt]] = set()

    def application(self) -> web.Application:
        """Return the application to serve."""
        app = web.Application(middlewares=[self._answer])
        app.add_routes([web.post(path, self._receive) for path in PATHS])
        return app

    async def _receive(self, request: web.Request) -> web.Response:
        self._authenticate(request)
        json = _is_json(request)
        body = Body(request, self._limits.request_bytes, self.budget)
        try:
            payload = await body.read()
        except BaseException:
            body.release()
            raise
        receipt = await self._taken(request.path, payload, json, body)
        if request.path == EVENTS:
            return _counted(receipt)
        content = success(request.path, receipt, json=json)
        return web.Response(body=content, content_type=JSON if json else PROTOBUF)

    async def _taken(self, path: str, payload: bytes, json: bool, body: Body) -> Receipt:
        """Return when all is durable. What takes longer goes on, and keeps its bytes of the budget."""
        if path == METRICS:
            body.release()
            return Receipt(message="metrics are not kept here: set OTEL_METRICS_EXPORTER=none")
        task = asyncio.ensure_future(self._take(path, payload, json))
        task.add_done_callback(lambda _: body.release())
        done, _ = await asyncio.wait({task}, timeout=self._patience)
        if done:
            return task.result()
        self._late.add(task)
        task.add_done_callback(self._forget)
        raise NotTaken(
            HTTPStatus.SERVICE_UNAVAILABLE, "the broker has not acknowledged in time; send again", _AWAY_S
        )

    def _forget(self, task: "asyncio.Task[Receipt]") -> None:
        """Drop a request that was answered before its end; its sender has been told to come again."""
        self._late.discard(task)
        if not task.cancelled():
            task.exception()

    def _authenticate(self, request: web.Request) -> None:
        token = self._limits.token
        if token is None:
            return
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(shown.strip().encode(), token.encode()):
            raise NotTaken(HTTPStatus.UNAUTHORIZED, "wanted the header `Authorization: Bearer TOKEN`")

    @web.middleware
    async def _answer(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Turn failures into answers in the request's encoding, and count every answer."""
        try:
            response = await handler(request)
        except NotTaken as refusal:
            response = _refused(request, refusal)
        except web.HTTPException as error:
            response = _refused(request, NotTaken(error.status, error.reason))
            response.headers.update({k: v for k, v in error.headers.items() if k == "Allow"})
        path = request.path if request.path in PATHS else "other"
        self._metrics.observe_request(path, response.status)
        return response


def _is_json(request: web.Request) -> bool:
    """Return whether the body is JSON rather than protobuf. Raises NotTaken if it says neither."""
    kind = request.content_type.lower()
    known = _EVENT_TYPES if request.path == EVENTS else (JSON, PROTOBUF)
    if kind not in known:
        wanted = "application/json" if request.path == EVENTS else f"{PROTOBUF} or {JSON}"
        raise NotTaken(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content-Type: wanted {wanted}")
    return kind != PROTOBUF


def _counted(receipt: Receipt) -> web.Response:
    """Return the answer to plain events."""
    told: dict[str, int | list[str]] = {"accepted": receipt.accepted, "rejected": receipt.rejected}
    if receipt.message:
        told["problems"] = receipt.message.splitlines()
    status = HTTPStatus.BAD_REQUEST if receipt.rejected and not receipt.accepted else HTTPStatus.OK
    return web.Response(status=status, body=orjson.dumps(told), content_type=JSON)


def _refused(request: web.Request, refusal: NotTaken) -> web.Response:
    json = request.headers.get("Content-Type", JSON).partition(";")[0].strip().lower() != PROTOBUF
    response = web.Response(
        status=refusal.status,
        body=failure(refusal.status, refusal.message, json=json),
        content_type=JSON if json else PROTOBUF,
    )
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if refusal.status in (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_TIMEOUT):
        response.force_close()  # the rest of the body is not waited for
    return response

"""Answers to OTLP senders, in the encoding of their request (OTLP specification 1.9, OTLP/HTTP response).

Success is an `Export<Signal>ServiceResponse`, with `partial_success` where something was not taken in;
failure is a `google.rpc.Status`, which is encoded by hand: two fields.
"""

from dataclasses import dataclass
from typing import Any

import orjson
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

PROTOBUF, JSON = "application/x-protobuf", "application/json"
#: Longest message of an answer, characters.
_MESSAGE = 500
#: `google.rpc.Code` by HTTP status; any other is UNKNOWN (2).
_CODES = {400: 3, 401: 16, 404: 5, 405: 12, 408: 4, 413: 8, 415: 3, 429: 8, 503: 14}

_RESPONSES: dict[str, tuple[Any, str, str]] = {
    "/v1/traces": (ExportTraceServiceResponse, "rejected_spans", "rejectedSpans"),
    "/v1/logs": (ExportLogsServiceResponse, "rejected_log_records", "rejectedLogRecords"),
    "/v1/metrics": (ExportMetricsServiceResponse, "rejected_data_points", "rejectedDataPoints"),
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a request that was read: how much was taken in, how much refused, and why."""

    accepted: int = 0
    rejected: int = 0
    message: str = ""


def success(path: str, receipt: Receipt, *, json: bool) -> bytes:
    """Return the body of the answer to a request that was taken in, at least in part."""
    response, snake, camel = _RESPONSES[path]
    message = receipt.message[:_MESSAGE]
    if json:
        partial = {camel: str(receipt.rejected), "errorMessage": message}
        return orjson.dumps({"partialSuccess": partial} if receipt.rejected or message else {})
    if not receipt.rejected and not message:
        return b""
    answer = response()
    setattr(answer.partial_success, snake, receipt.rejected)
    answer.partial_success.error_message = message
    encoded: bytes = answer.SerializeToString()
    return encoded


def failure(status: int, message: str, *, json: bool) -> bytes:
    """Return the body of the answer to a request that was not taken in: a `google.rpc.Status`."""
    code, message = _CODES.get(status, 2), message[:_MESSAGE]
    if json:
        return orjson.dumps({"code": code, "message": message})
    text = message.encode("utf-8", "replace")
    return b"\x08" + _varint(code) + b"\x12" + _varint(len(text)) + text


def _varint(number: int) -> bytes:
    """Return a number as protobuf encodes it: seven bits a byte, the lowest first."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])

"""A small HTTP server that speaks the OpenAI chat API: it answers from a script, call by call.

By default it plays one conversation: a user asks about an order, the model calls a tool, reads its result,
answers, hears "yes", answers, hears "yes" again. A test may give another script; what was asked is kept.
"""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

SYSTEM = "You help customers of a shop. Look orders up before you answer."
TOOL = {
    "type": "function",
    "function": {
        "name": "find_order",
        "description": "Look an order up.",
        "parameters": {
            "type": "object",
            "properties": {"order": {"type": "string"}},
            "required": ["order"],
        },
    },
}
ARGUMENTS = {"order": "W123"}
RESULT = '{"status": "delivered"}'
#: What the model says, by how many messages it was sent: text, or None for the call of the tool.
ANSWERS = {
    2: None,
    4: "Order W123 was delivered. Shall I send it back?",
    6: "I have booked the return. Anything else?",
    8: "Then have a good day.",
}
USER = ("Where is my order W123?", "yes", "yes")


def answer(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the answer to *messages* as the chat API has it."""
    text = ANSWERS[len(messages)]
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if text is None:
        call = {"name": "find_order", "arguments": orjson.dumps(ARGUMENTS).decode()}
        message["tool_calls"] = [{"id": "call_1", "type": "function", "function": call}]
    return completion(message, "tool_calls" if text is None else "stop", number=len(messages))


def completion(message: dict[str, Any], finish: str = "stop", number: int = 0) -> dict[str, Any]:
    """Return a message as the chat API answers with it."""
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": "small-1-2025",
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }


#: What a script makes of a request's body: a status, and the body of the answer.
Script = Callable[[dict[str, Any]], tuple[int, Any]]


def _conversation(request: dict[str, Any]) -> tuple[int, Any]:
    return 200, answer(request["messages"])


class _Server(ThreadingHTTPServer):
    script: Script
    asked: list[dict[str, Any]]


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        request = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append({**request, "path": self.path, "key": self.headers["Authorization"]})
        status, body = self.server.script(request)
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class ChatApi:
    """The server, in a thread, while the block lasts; `asked` has the requests."""

    def __init__(self, script: Script = _conversation, port: int = 0) -> None:
        self.script, self.port = script, port
        self.asked: list[dict[str, Any]] = []

    def __enter__(self) -> "ChatApi":
        self._server = _Server(("127.0.0.1", self.port), _Handler)
        self._server.script = lambda request: self.script(request)
        self._server.asked = self.asked
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

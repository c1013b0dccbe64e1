"""A small HTTP server that speaks the OpenAI chat API: it answers from a script, call by call.

It plays one conversation: a user asks about an order, the model calls a tool, reads its result,
answers, hears "yes", answers, hears "yes" again.
"""

import threading
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
    finish = "tool_calls" if text is None else "stop"
    return {
        "id": f"chatcmpl-{len(messages)}",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": "small-1-2025",
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        content = orjson.dumps(answer(orjson.loads(body)["messages"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class ChatApi:
    """The server, in a thread, while the block lasts."""

    def __enter__(self) -> "ChatApi":
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

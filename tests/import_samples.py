"""One conversation as each system would export it. The turns are the same; what stands around them is not."""

import csv
import io
from collections.abc import Callable
from typing import Any

import orjson

T0 = 1_717_000_000_000  # 2024-05-29 16:26:40 UTC, milliseconds
CONVERSATION = "chat-1"
SYSTEM = "You are the support agent of a shop."
ASK, LOOK, FOUND = "Where is my order 1042?", "Let me look.", "It is on its way."
AGAIN, SORRY = "That is not what I asked, when does it come?", "On Friday."
ARGUMENTS, RESULT = {"id": 1042}, '{"state":"sent"}'

#: The turns in every format: role, text, and of a tool its name, arguments and result.
TURNS = [
    ("system", SYSTEM, None),
    ("user", ASK, None),
    ("assistant", LOOK, None),
    ("tool", None, ("get_order", ARGUMENTS, RESULT)),
    ("assistant", FOUND, None),
    ("user", AGAIN, None),
    ("assistant", SORRY, None),
]


def at(seconds: float) -> int:
    return T0 + int(seconds * 1000)


def langfuse_time(seconds: float) -> str:
    return f"2024-05-29 16:26:{40 + seconds:09.6f}"


def langsmith_time(seconds: float) -> str:
    return f"2024-05-29T16:26:{40 + seconds:09.6f}"


def call(identifier: str = "call_1") -> dict[str, Any]:
    arguments = orjson.dumps(ARGUMENTS).decode()
    return {"id": identifier, "type": "function", "function": {"name": "get_order", "arguments": arguments}}


MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "content": SYSTEM},
    {"role": "user", "content": [{"type": "text", "text": ASK}]},
    {"role": "assistant", "content": LOOK, "tool_calls": [call()]},
    {"role": "tool", "tool_call_id": "call_1", "content": RESULT},
    {"role": "assistant", "content": FOUND},
    {"role": "user", "content": AGAIN},
    {"role": "assistant", "content": SORRY},
]


def native() -> list[Any]:
    rows = []
    for number, (role, text, tool) in enumerate(TURNS):
        said = {"text": text} if text else {}
        called = dict(zip(("name", "arguments", "result"), tool, strict=True)) if tool else None
        row = {"conversation_id": CONVERSATION, "role": role, "time": at(number), **said}
        rows.append(row | ({"tool": called} if called else {}))
    return rows


def dialogue() -> list[Any]:
    turns: list[dict[str, Any]] = []
    for number, (role, text, tool) in enumerate(TURNS):
        turn: dict[str, Any] = {"role": role, "text": text, "ts": at(number)}
        if text == LOOK:
            turn |= {"tool_name": "get_order", "tool_args": ARGUMENTS}
        turns.append(turn | ({"tool_name": tool[0], "text": tool[2]} if tool else {}))
    return [{"conversation_id": CONVERSATION, "outcome": None, "turns": turns}]


def openai() -> list[Any]:
    return [{"conversation_id": CONVERSATION, "messages": MESSAGES}]


def openai_array() -> list[Any]:
    return [MESSAGES]


def openai_log() -> list[Any]:
    """Each call of the model with its whole history, and the answer beside it."""
    return [
        {
            "conversation_id": CONVERSATION,
            "created": T0 // 1000 + known,
            "messages": MESSAGES[:known],
            "choices": [{"index": 0, "message": MESSAGES[known]}],
        }
        for known in (2, 4, 6)
    ]


def generation(number: int, known: int) -> dict[str, Any]:
    return {
        "id": f"obs-{known}",
        "trace_id": f"trace-{number}",
        "project_id": "p",
        "type": "GENERATION",
        "parent_observation_id": f"root-{number}",
        "start_time": langfuse_time(known),
        "end_time": langfuse_time(known + 0.5),
        "name": "chat",
        "level": "DEFAULT",
        "input": orjson.dumps(MESSAGES[:known]).decode(),
        "output": orjson.dumps(MESSAGES[known]).decode(),
        "provided_model_name": "gpt-4o",
        "prompt_name": "support",
        "prompt_version": 3,
        "user_id": "u1",
        "session_id": CONVERSATION,
        "environment": "production",
    }


def langfuse() -> list[Any]:
    """Enriched observations and scores, newest first, as the blob storage export has them."""
    tool = {
        "id": "obs-tool",
        "trace_id": "trace-1",
        "type": "TOOL",
        "name": "get_order",
        "start_time": langfuse_time(3),
        "end_time": langfuse_time(3.25),
        "input": orjson.dumps(ARGUMENTS).decode(),
        "output": RESULT,
        "session_id": CONVERSATION,
    }
    roots = [
        {
            "id": f"root-{number}",
            "trace_id": f"trace-{number}",
            "type": "AGENT",
            "parent_observation_id": "",
            "start_time": langfuse_time(start),
            "end_time": langfuse_time(start + 1),
            "input": orjson.dumps({"question": asked}).decode(),
            "output": said,
            "session_id": CONVERSATION,
        }
        for number, start, asked, said in ((1, 1.5, ASK, FOUND), (2, 5.5, AGAIN, SORRY))
    ]
    return [generation(2, 6), tool, *roots, generation(1, 4), generation(1, 2)]


def langfuse_api() -> list[Any]:
    """Traces as the API has them: camel case, one a turn, only what went in and out of each."""
    system = {"role": "system", "content": SYSTEM}
    common = {"sessionId": CONVERSATION, "projectId": "p", "tags": [], "metadata": {}}
    tool = {
        "id": "obs-tool",
        "traceId": "trace-1",
        "type": "GENERATION",
        "startTime": "2024-05-29T16:26:42.000Z",
        "endTime": "2024-05-29T16:26:43.000Z",
        "input": [system, {"role": "user", "content": ASK}],
        "output": MESSAGES[2],
    }
    answer = tool | {
        "id": "obs-answer",
        "startTime": "2024-05-29T16:26:44.000Z",
        "endTime": "2024-05-29T16:26:44.500Z",
        "input": MESSAGES[:4],
        "output": {"role": "assistant", "content": FOUND},
    }
    return [
        {"id": "trace-2", "timestamp": "2024-05-29T16:26:45.000Z", "input": AGAIN, "output": SORRY, **common},
        {
            "id": "trace-1",
            "timestamp": "2024-05-29T16:26:41.000Z",
            "input": ASK,
            "output": FOUND,
            "observations": [answer, tool],
            **common,
        },
    ]


def lang_chain(message: dict[str, Any]) -> dict[str, Any]:
    """A message as LangChain serialises it."""
    names = {
        "system": "SystemMessage",
        "user": "HumanMessage",
        "assistant": "AIMessage",
        "tool": "ToolMessage",
    }
    fields = {key: value for key, value in message.items() if key not in ("role", "tool_calls")}
    if "tool_calls" in message:
        fields["tool_calls"] = [{"name": "get_order", "args": ARGUMENTS, "id": "call_1", "type": "tool_call"}]
    return {
        "lc": 1,
        "type": "constructor",
        "id": ["langchain", "schema", "messages", names[message["role"]]],
        "kwargs": fields,
    }


def llm_run(number: int, known: int) -> dict[str, Any]:
    answer = {"text": MESSAGES[known]["content"], "message": lang_chain(MESSAGES[known])}
    return {
        "id": f"run-{known}",
        "trace_id": f"trace-{number}",
        "parent_run_id": f"trace-{number}",
        "dotted_order": f"x.{known}",
        "name": "ChatOpenAI",
        "run_type": "llm",
        "start_time": langsmith_time(known),
        "end_time": langsmith_time(known + 0.5),
        "inputs": {"messages": [[lang_chain(message) for message in MESSAGES[:known]]]},
        "outputs": {"generations": [[answer]]},
        "session_id": "the-project",
        "extra": {"metadata": {"thread_id": CONVERSATION, "ls_model_name": "gpt-4o", "plan": "trial"}},
    }


def langsmith() -> list[Any]:
    """Runs, newest first, as `list_runs` gives them."""
    tool = {
        "id": "run-tool",
        "trace_id": "trace-1",
        "parent_run_id": "trace-1",
        "run_type": "tool",
        "name": "get_order",
        "start_time": langsmith_time(3),
        "end_time": langsmith_time(3.25),
        "inputs": {"input": orjson.dumps(ARGUMENTS).decode()},
        "outputs": {"output": {"content": RESULT, "type": "tool", "tool_call_id": "call_1"}},
        "extra": {},
    }
    chains = [
        {
            "id": f"trace-{number}",
            "trace_id": f"trace-{number}",
            "run_type": "chain",
            "name": "agent",
            "start_time": langsmith_time(start),
            "end_time": langsmith_time(start + 1),
            "inputs": {"input": asked},
            "outputs": {"output": said},
            "extra": {"metadata": {"thread_id": CONVERSATION}},
        }
        for number, start, asked, said in ((1, 1.5, ASK, FOUND), (2, 5.5, AGAIN, SORRY))
    ]
    return [llm_run(2, 6), tool, *chains, llm_run(1, 4), llm_run(1, 2)]


def table(delimiter: str = ",") -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["chat", "sender", "message", "ts", "tool", "tool_args"])
    names = {"user": "Customer", "assistant": "Bot", "system": "System", "tool": "Tool"}
    for number, (role, text, tool) in enumerate(TURNS):
        called = (tool[0], orjson.dumps(tool[1]).decode()) if tool else ("", "")
        said = text if tool is None else tool[2]
        writer.writerow([CONVERSATION, names[role], said, langfuse_time(number), *called])
    return out.getvalue().encode()


def lines(rows: list[Any]) -> bytes:
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


#: Each format's file: a name, and its bytes.
FILES: dict[str, Callable[[], bytes]] = {
    "native.jsonl": lambda: lines(native()),
    "dialogue.jsonl": lambda: lines(dialogue()),
    "openai.jsonl": lambda: lines(openai()),
    "openai_array.jsonl": lambda: lines(openai_array()),
    "openai_log.jsonl": lambda: lines(openai_log()),
    "langfuse.jsonl": lambda: lines(langfuse()),
    "langfuse_api.jsonl": lambda: lines(langfuse_api()),
    "langsmith.jsonl": lambda: lines(langsmith()),
    "table.csv": table,
    "table.tsv": lambda: table("\t"),
}

"""What real instrumentation packages export to the receiver comes out as the turns of a plain producer."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import capture_app
import chat_api
import orjson
from capture_flow import Running, running

HERE = Path(__file__).parent
#: The conversation of `chat_api` as a plain producer sends it.
PLAIN: list[dict[str, Any]] = [
    {"role": "system", "text": chat_api.SYSTEM},
    {"role": "user", "text": chat_api.USER[0]},
    {
        "role": "tool",
        "tool": {"name": "find_order", "arguments": chat_api.ARGUMENTS, "result": chat_api.RESULT},
    },
    {"role": "assistant", "text": chat_api.ANSWERS[4]},
    {"role": "user", "text": "yes"},
    {"role": "assistant", "text": chat_api.ANSWERS[6]},
    {"role": "user", "text": "yes"},
    {"role": "assistant", "text": chat_api.ANSWERS[8]},
]


async def test_every_instrumentation_yields_the_turns_of_a_plain_producer(tmp_path: Path) -> None:
    async with running(tmp_path) as one:
        with chat_api.ChatApi() as api:
            await asyncio.gather(*(play(name, api.url, one.url) for name in capture_app.INSTRUMENTATIONS))
        await post_plain(one, "plain")
        turns = await one.turns()

    (by_trace,) = turns.keys() - {"plain", *capture_app.INSTRUMENTATIONS}
    turns["otel_events"] = turns.pop(by_trace)  # log records know no conversation: the trace stands for it
    expected = [told(turn) for turn in turns.pop("plain")]
    assert len(expected) == len(PLAIN)
    assert {name: [told(turn) for turn in found] for name, found in turns.items()} == dict.fromkeys(
        capture_app.INSTRUMENTATIONS, expected
    )


def told(turn: dict[str, Any]) -> tuple[Any, ...]:
    """What a turn says, and what was read into it: the flow came to the same conclusions."""
    read = (turn["passes"], turn["probability"], turn["signals"], turn["segment"], turn["prompt_version"])
    return (turn["role"], turn["text"], turn["tool"], turn["tool_error"], *read)


async def play(name: str, chat_url: str, endpoint: str) -> None:
    """Run the application with one instrumentation."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(HERE / "capture_app.py"), name, chat_url),
        env=os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    assert b"rror" not in output, output.decode()


async def post_plain(one: Running, conversation: str) -> None:
    version = {"prompt_version": "sha256:4799b22ffa93"}
    events = [
        {"conversation_id": conversation, "time": 1_790_000_000_000 + n, **version, **e}
        for n, e in enumerate(PLAIN)
    ]
    status, answer, _ = await one.post("/v1/events", orjson.dumps(events), Content_Type="application/json")
    assert (status, orjson.loads(answer)) == (200, {"accepted": len(PLAIN), "rejected": 0})

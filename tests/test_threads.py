"""Conversations through the whole flow and back out of the store: in order, once, with all feedback."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from groundswell.models.thread_view import ThreadView
from groundswell.models.turn import TurnRead
from groundswell.sinks.embedder import Embedder
from groundswell.streams.delivery import Output
from groundswell.streams.embedded import Flow, embedded
from groundswell.streams.replay_order import Imported
from groundswell.streams.settings import Settings
from groundswell.streams.threads import Threads

START = 1_760_000_000_000
DAY = 24 * 3600 * 1000


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder.default()


def event(
    seconds: float, conversation: str = "c1", *, arrives: float | None = None, **fields: Any
) -> Imported:
    """An event at so many seconds; its record is stamped when it *arrives*."""
    time = START + int(seconds * 1000)
    value = {"conversation_id": conversation, "time": time, **fields}
    stamp = time if arrives is None else START + int(arrives * 1000)
    return Imported(orjson.dumps(value), f"default/default/{conversation}".encode(), stamp, 1, "test")


def tick(seconds: float) -> Imported:
    time = START + int(seconds * 1000)
    return Imported(orjson.dumps({"type": "tick", "time": time}), None, time, 0, "")


def said(seconds: float, role: str, text: str, turn: str | None = None, **fields: Any) -> Imported:
    named = {"turn_id": turn} if turn else {}
    return event(seconds, role=role, text=text, **named, **fields)


def thumb(seconds: float, score: float, about: str | None = None, **fields: Any) -> Imported:
    target = {"turn_id": about} if about else {}
    return event(
        seconds, type="feedback", feedback={"score": score, **target, **fields}, turn_id=f"f{seconds}"
    )


TALK = [
    said(0, "user", "I want to cancel my order 1042, please", "u1"),
    event(
        1, role="tool", turn_id="t1", tool={"name": "cancel", "arguments": {"id": 1042}, "status": "error"}
    ),
    said(2, "assistant", "I'm sorry, I cannot do that.", "a1"),
    said(3, "user", "No, I meant order 1043", "u2"),
    said(4, "assistant", "Your order has been cancelled. Anything else?", "a2"),
]


class Ran:
    """A flow that has settled: what it sent, and its store."""

    def __init__(self, flow: Flow, outputs: list[Output]) -> None:
        self.flow = flow
        self.outputs = outputs

    def turns(self, type_: str) -> list[TurnRead]:
        found = [
            TurnRead.model_validate_json(one.value or b"") for one in self.outputs if one.topic == "turns"
        ]
        return [one for one in found if one.type == type_]

    def counted(self, name: str) -> int:
        minutes = [orjson.loads(one.value or b"{}") for one in self.outputs if one.topic == "intent-minutes"]
        return sum(count.get(name, 0) for one in minutes for count in one["counts"].values())

    async def thread(self, name: str = "c1") -> ThreadView:
        threads = Threads(self.flow.services.store)
        (match,) = await threads.find(name)
        return await threads.read(match)


@asynccontextmanager
async def ran(folder: Path, embedder: Embedder, *events: Imported) -> AsyncIterator[Ran]:
    outputs: list[Output] = []
    async with embedded(Settings(batch=4), folder, outputs.append, embedder=embedder) as flow:
        await flow.feed(events)
        yield Ran(flow, outputs)


def words(thread: ThreadView) -> list[str]:
    return [entry.text or (entry.tool.name if entry.tool else entry.type) for entry in thread.entries]


WHOLE = [
    "I want to cancel my order 1042, please",
    "cancel",
    "I'm sorry, I cannot do that.",
    "No, I meant order 1043",
    "Your order has been cancelled. Anything else?",
]


async def test_turns_out_of_order_and_twice_make_one_thread_in_order(
    tmp_path: Path, embedder: Embedder
) -> None:
    mixed = [TALK[3], TALK[0], TALK[0], TALK[4], TALK[2], TALK[1], TALK[3], TALK[2]]
    async with ran(tmp_path, embedder, *mixed) as done:
        thread = await done.thread()
    assert words(thread) == WHOLE
    assert thread.total == 5


async def test_turns_of_equal_time_are_ordered_by_seq_and_then_by_arrival(
    tmp_path: Path, embedder: Embedder
) -> None:
    rows = [said(0, "user", text, text, **({"seq": seq} if seq else {})) for text, seq in
            (("third", 2), ("first", 0), ("second", 0), ("last", 3))]  # fmt: skip
    async with ran(tmp_path, embedder, *rows) as done:
        assert words(await done.thread()) == ["first", "second", "third", "last"]


async def test_a_thread_has_its_tools_signals_goals_and_outcome(tmp_path: Path, embedder: Embedder) -> None:
    outcome = event(5, type="outcome", outcome={"status": "completed", "reason": "refunded"})
    async with ran(tmp_path, embedder, *TALK, outcome) as done:
        thread = await done.thread()
    tool = thread.entries[1].tool
    assert tool is not None
    assert (tool.name, tool.arguments, tool.status) == ("cancel", '{"id":1042}', "error")
    assert "tool_error" in thread.entries[1].signals
    assert "refusal" in thread.entries[2].signals
    assert (thread.entries[-1].outcome, thread.entries[-1].text) == ("completed", "refunded")
    assert [(goal.status, goal.told) for goal in thread.goals] == [("completed", True)]
    assert thread.closed


async def test_an_open_conversation_says_so(tmp_path: Path, embedder: Embedder) -> None:
    async with ran(tmp_path, embedder, *TALK) as done:
        thread = await done.thread()
    assert not thread.closed
    assert [goal.status for goal in thread.goals] == ["open"]


# -- feedback


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], [thumb(10, -1, "a1", comment="no", edited_reply="Yes, done.")]),
        ([], [tick(1000), thumb(3 * DAY / 1000, -1, "a1", comment="no", edited_reply="Yes, done.")]),
        ([], [event(5, type="end"), thumb(3600, -1, "a1", comment="no", edited_reply="Yes, done.")]),
        ([thumb(-1, -1, "a1", comment="no", edited_reply="Yes, done.")], []),
    ],
    ids=["while it is open", "days later", "after its end", "before it"],
)
async def test_feedback_joins_its_turn_and_counts_once_whenever_it_comes(
    before: list[Imported], after: list[Imported], tmp_path: Path, embedder: Embedder
) -> None:
    repeated = [*before, *before, *TALK, *after, *after]
    last = (repeated[-1].timestamp - START) / 1000
    async with ran(tmp_path, embedder, *repeated, tick(last + 3600)) as done:
        thread = await done.thread()
    (feedback,) = [entry for entry in thread.entries if entry.type == "feedback"]
    about = next(entry for entry in thread.entries if entry.id == feedback.about)
    assert about.text == "I'm sorry, I cannot do that."
    assert (feedback.score, feedback.text, feedback.edited_reply) == (-1.0, "no", "Yes, done.")
    assert next(entry.text for entry in thread.entries if entry.type == "turn") == WHOLE[0]
    assert done.counted("thumbs_down") == 1
    assert len(done.turns("feedback")) == 1


async def test_feedback_does_not_reopen_a_conversation_or_change_how_it_ended(
    tmp_path: Path, embedder: Embedder
) -> None:
    ending = [said(6, "assistant", "Which account is it?", "a3"), event(7, type="end")]
    async with ran(tmp_path, embedder, *TALK, *ending, thumb(3600, 1), tick(8000), tick(9000)) as done:
        thread = await done.thread()
        assert thread.closed
        assert len(done.turns("outcome")) == 1


async def test_feedback_counts_for_the_goal_of_its_turn(tmp_path: Path, embedder: Embedder) -> None:
    second = [
        said(60, "user", "Great, thank you, bye!", "u3"),
        said(600, "user", "Now I need to change my delivery address to Berlin", "u4"),
        said(601, "assistant", "It is changed.", "a4"),
    ]
    late = [thumb(700, -1, "a1"), thumb(701, 1, "a4"), thumb(702, 1), thumb(703, 1, "unheard of")]
    async with ran(tmp_path, embedder, *TALK, *second, *late) as done:
        goals = {entry.text: entry.segment for entry in (await done.thread()).entries}
        got = [one.segment for one in done.turns("feedback")]
    assert goals["It is changed."] == 1, "the script has two goals"
    assert got == [0, 1, 1, 1]


async def test_feedback_of_a_conversation_that_never_says_anything_is_kept_and_ends(
    tmp_path: Path, embedder: Embedder
) -> None:
    async with ran(tmp_path, embedder, thumb(0, 1), tick(1000), tick(2000)) as done:
        thread = await done.thread()
        assert [entry.type for entry in thread.entries] == ["feedback"]
        assert thread.closed
        assert done.counted("thumbs_up") == 0


# -- the command


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("GROUNDSWELL_")}
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from groundswell.streams.cli import main; main()",
            "conversation",
            *arguments,
        ],
        capture_output=True, text=True, check=False, timeout=60,
        env=own | {"GROUNDSWELL_STORE": f"edge:{folder}"},
    )  # fmt: skip


async def test_the_command_prints_the_thread_of_a_store_that_nobody_has_open(
    tmp_path: Path, embedder: Embedder
) -> None:
    evil = said(9, "user", "\x1b]0;owned\x07\x1b[31mred", "u9")
    other = event(0, "c1", role="user", text="another agent's", agent="other")
    other = Imported(other.value, b"default/other/c1", other.timestamp, 1, "test")
    async with ran(tmp_path, embedder, *TALK, thumb(8, -1, "a1"), evil, other) as done:
        assert done.flow.totals("turns").processed == 8
        locked = await asyncio.to_thread(command, tmp_path, "c1")
        assert locked.returncode == 4
        assert f"is in use by process {os.getpid()}" in " ".join(locked.stderr.split())
        assert "/conversations/ID" in locked.stderr

    several = command(tmp_path, "c1")
    assert several.returncode == 2
    assert "--tenant default --agent other" in several.stderr
    text = command(tmp_path, "c1", "--agent", "default")
    assert text.returncode == 0, text.stderr
    assert "\x1b" not in text.stdout
    assert text.stdout.index(WHOLE[0]) < text.stdout.index("cancel({") < text.stdout.index(WHOLE[4])
    found = json.loads(command(tmp_path, "c1", "--agent", "default", "--json").stdout)
    assert next(entry["text"] for entry in found["entries"] if entry["type"] == "turn") == WHOLE[0]
    assert len(command(tmp_path, found["conversation"], "--summary").stdout) <= 4_001
    missing = command(tmp_path, "c2")
    assert (missing.returncode, missing.stdout) == (1, "")


def test_a_folder_that_is_no_store_is_named_and_not_made_one(tmp_path: Path) -> None:
    done = command(tmp_path / "none", "c1")
    assert done.returncode == 4
    assert "is no store of conversations" in " ".join(done.stderr.split())
    assert not (tmp_path / "none").exists()

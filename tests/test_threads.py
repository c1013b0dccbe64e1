"""Conversations through the whole flow and back out of the store: in order, once, with all feedback."""

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from groundswell.models.thread_view import ThreadView
from groundswell.models.turn import TurnRead
from groundswell.sinks.embedder import Embedder
from groundswell.streams.delivery import Output
from groundswell.streams.embedded import embedded
from groundswell.streams.replay_order import Imported
from groundswell.streams.settings import Settings
from groundswell.streams.threads import Threads

START = 1_760_000_000_000
DAY_S = 24 * 3600


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


REPLY = {"comment": "no", "edited_reply": "Yes, done."}
ENDED = [said(6, "assistant", "Which account is it?", "a3"), event(7, type="end")]
MORE = [
    said(60, "user", "Great, thank you, bye!", "u3"),
    said(600, "user", "Now I need to change my delivery address to Berlin", "u4"),
    said(601, "assistant", "It is changed.", "a4"),
]
#: What happened to one agent each, days apart.
SCENES: dict[str, list[Imported]] = {
    "mixed": [TALK[3], TALK[0], TALK[0], TALK[4], TALK[2], TALK[1], TALK[3], TALK[2]],
    "equal": [
        said(0, "user", text, text, **({"seq": seq} if seq else {}))
        for text, seq in (("third", 2), ("first", 0), ("second", 0), ("last", 3))
    ],
    "told": [*TALK, event(5, type="outcome", outcome={"status": "completed", "reason": "refunded"})],
    "open": TALK,
    "while-open": [*TALK, *[thumb(10, -1, "a1", **REPLY)] * 2, tick(3600)],
    "days-later": [*TALK, tick(1000), *[thumb(3 * DAY_S, -1, "a1", **REPLY)] * 2, tick(3 * DAY_S + 3600)],
    "after-end": [*TALK, event(5, type="end"), *[thumb(3600, -1, "a1", **REPLY)] * 2, tick(7200)],
    "before": [*[thumb(-1, -1, "a1", **REPLY)] * 2, *TALK, tick(3600)],
    "closed": [*TALK, *ENDED, thumb(3600, 1), tick(8000), tick(9000)],
    "goals": [
        *TALK, *MORE, thumb(700, -1, "a1"), thumb(701, 1, "a4"), thumb(702, 1), thumb(703, 1, "unheard of"),
    ],
    "silent": [thumb(0, 1), tick(1000), tick(2000)],
    "evil": [*TALK, said(9, "user", "\x1b]0;owned\x07\x1b[31mred", "u9")],
}  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """What came of one agent's conversation."""

    thread: ThreadView
    turns: list[TurnRead]
    counts: Counter[str]

    def of(self, type_: str) -> list[TurnRead]:
        return [one for one in self.turns if one.type == type_]


@dataclass(frozen=True)
class Played:
    """All scenes, the folder of the store, and what the command said while the flow had it open."""

    scenes: dict[str, Scene]
    folder: Path
    locked: subprocess.CompletedProcess[str]


def placed(events: Sequence[Imported], agent: str, later_ms: int) -> list[Imported]:
    """The events as those of another agent, so much later."""
    found = []
    for one in events:
        value = orjson.loads(one.value)
        value |= {"time": value["time"] + later_ms} | ({"agent": agent} if one.key else {})
        key = f"default/{agent}/{value['conversation_id']}".encode() if one.key else None
        found.append(Imported(orjson.dumps(value), key, one.timestamp + later_ms, one.line, one.path))
    return found


async def play(folder: Path) -> Played:
    outputs: list[Output] = []
    scenes = {}
    async with embedded(Settings(batch=4), folder, outputs.append, embedder=Embedder.default()) as flow:
        threads = Threads(flow.services.store)
        for number, (name, events) in enumerate(SCENES.items()):
            outputs.clear()
            await flow.feed(placed(events, name, number * 10 * 1000 * DAY_S))
            (match,) = await threads.find("c1", agent=name)
            scenes[name] = scene_of(name, await threads.read(match), outputs)
        locked = await asyncio.to_thread(command, folder, "c1")
    return Played(scenes, folder, locked)


def scene_of(agent: str, thread: ThreadView, outputs: Sequence[Output]) -> Scene:
    counts: Counter[str] = Counter()
    turns = []
    for one in outputs:
        if one.topic == "intent-minutes" and (minute := orjson.loads(one.value or b""))["agent"] == agent:
            for count in minute["counts"].values():
                counts.update({name: count[name] for name in ("thumbs_up", "thumbs_down")})
        elif one.topic == "turns":
            turn = TurnRead.model_validate_json(one.value or b"")
            turns += [turn] if turn.agent == agent else []
    return Scene(thread, turns, counts)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """One flow for all scenes: starting it takes seconds."""
    return asyncio.run(play(tmp_path_factory.mktemp("threads")))


def words(thread: ThreadView) -> list[str]:
    return [entry.text or (entry.tool.name if entry.tool else entry.type) for entry in thread.entries]


WHOLE = [
    "I want to cancel my order 1042, please",
    "cancel",
    "I'm sorry, I cannot do that.",
    "No, I meant order 1043",
    "Your order has been cancelled. Anything else?",
]


def test_turns_out_of_order_and_twice_make_one_thread_in_order(played: Played) -> None:
    thread = played.scenes["mixed"].thread
    assert words(thread) == WHOLE
    assert thread.total == 5


def test_turns_of_equal_time_are_ordered_by_seq_and_then_by_arrival(played: Played) -> None:
    assert words(played.scenes["equal"].thread) == ["first", "second", "third", "last"]


def test_a_thread_has_its_tools_signals_goals_and_outcome(played: Played) -> None:
    thread = played.scenes["told"].thread
    tool = thread.entries[1].tool
    assert tool is not None
    assert (tool.name, tool.arguments, tool.status) == ("cancel", '{"id":1042}', "error")
    assert "tool_error" in thread.entries[1].signals
    assert "refusal" in thread.entries[2].signals
    assert (thread.entries[-1].outcome, thread.entries[-1].text) == ("completed", "refunded")
    assert [(goal.status, goal.told) for goal in thread.goals] == [("completed", True)]
    assert thread.closed


def test_an_open_conversation_says_so(played: Played) -> None:
    thread = played.scenes["open"].thread
    assert not thread.closed
    assert [goal.status for goal in thread.goals] == ["open"]


# -- feedback


@pytest.mark.parametrize("name", ["while-open", "days-later", "after-end", "before"])
def test_feedback_joins_its_turn_and_counts_once_whenever_it_comes(name: str, played: Played) -> None:
    scene = played.scenes[name]
    (feedback,) = [entry for entry in scene.thread.entries if entry.type == "feedback"]
    about = next(entry for entry in scene.thread.entries if entry.id == feedback.about)
    assert about.text == "I'm sorry, I cannot do that."
    assert (feedback.score, feedback.text, feedback.edited_reply) == (-1.0, "no", "Yes, done.")
    assert next(entry.text for entry in scene.thread.entries if entry.type == "turn") == WHOLE[0]
    assert (scene.counts["thumbs_down"], scene.counts["thumbs_up"]) == (1, 0)
    assert len(scene.of("feedback")) == 1


def test_feedback_does_not_reopen_a_conversation_or_change_how_it_ended(played: Played) -> None:
    assert played.scenes["closed"].thread.closed
    assert len(played.scenes["closed"].of("outcome")) == 1


def test_feedback_counts_for_the_goal_of_its_turn(played: Played) -> None:
    scene = played.scenes["goals"]
    goals = {entry.text: entry.segment for entry in scene.thread.entries}
    assert goals["It is changed."] == 1, "the script has two goals"
    assert [one.segment for one in scene.of("feedback")] == [0, 1, 1, 1]


def test_feedback_of_a_conversation_that_never_says_anything_is_kept_and_ends(played: Played) -> None:
    scene = played.scenes["silent"]
    assert [entry.type for entry in scene.thread.entries] == ["feedback"]
    assert scene.thread.closed
    assert scene.counts.total() == 0


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


def test_the_command_says_who_has_the_store_and_where_to_look_instead(played: Played) -> None:
    assert played.locked.returncode == 4
    assert f"is in use by process {os.getpid()}" in " ".join(played.locked.stderr.split())
    assert "/conversations/ID" in played.locked.stderr


def test_the_command_prints_the_thread_of_a_store_that_nobody_has_open(played: Played) -> None:
    several = command(played.folder, "c1")
    assert several.returncode == 2
    assert "--tenant default --agent goals" in several.stderr
    text = command(played.folder, "c1", "--agent", "evil")
    assert text.returncode == 0, text.stderr
    assert "\x1b" not in text.stdout
    assert text.stdout.index(WHOLE[0]) < text.stdout.index("cancel({") < text.stdout.index(WHOLE[4])
    found = json.loads(command(played.folder, "c1", "--agent", "evil", "--json").stdout)
    assert next(entry["text"] for entry in found["entries"] if entry["type"] == "turn") == WHOLE[0]
    assert len(command(played.folder, found["conversation"], "--summary").stdout) <= 4_001
    missing = command(played.folder, "c2")
    assert (missing.returncode, missing.stdout) == (1, "")


def test_a_folder_that_is_no_store_is_named_and_not_made_one(tmp_path: Path) -> None:
    done = command(tmp_path / "none", "c1")
    assert done.returncode == 4
    assert "is no store of conversations" in " ".join(done.stderr.split())
    assert not (tmp_path / "none").exists()

"""The benchmark's own promises: what it reads, prints and writes."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "intents.py"
SUBJECTS = {
    "weather": ("what is the weather in {}", "will it rain in {}", "how warm is it in {}"),
    "flight": ("book a flight to {}", "find me a plane ticket to {}", "i need to fly to {}"),
    "recipe": ("how do i cook pasta like in {}", "give me a soup recipe from {}", "recipe for cake from {}"),
    "oos": ("the mayor of {} was elected", "{} has a long history", "trains near {} were painted"),
}
PLACES = [
    f"{a}{b}" for a in ("Nor", "Wes", "Eas", "Sud", "Mil", "Bru") for b in ("ton", "berg", "ville", "holm")
]


@pytest.fixture(scope="module")
def utterances(tmp_path_factory):
    path = tmp_path_factory.mktemp("utterances") / "small.jsonl.gz"
    rows = [
        {"text": wording.format(place), "intent": intent}
        for place in PLACES
        for intent, wordings in SUBJECTS.items()
        for wording in wordings
    ]
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    return path, rows


def run(*arguments, seed="0"):
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PYTHONHASHSEED": seed})


def test_the_same_file_gives_the_same_labels_under_any_hash_seed(utterances, tmp_path):
    path, rows = utterances
    outputs = []
    for seed in ("0", "1"):
        labels = tmp_path / f"labels{seed}"
        done = run(path, "--order", "bursty", "--json", "--labels", labels, seed=seed)
        assert done.returncode == 0, done.stderr
        outputs.append(labels.read_text())
    assert outputs[0] == outputs[1]
    written = [json.loads(line) for line in outputs[0].splitlines()]
    assert [one["row"] for one in written] == [i for i, row in enumerate(rows) if row["intent"] != "oos"]
    assert all(one["intent"] == rows[one["row"]]["intent"] for one in written)
    assert all(one["arrival"] and one["final"] for one in written)
    assert json.loads(done.stdout)["events"] == len(written)


def test_rows_out_of_scope_count_only_when_asked_for(utterances):
    path, rows = utterances
    done = run(path, "--with-oos", "--json")
    assert json.loads(done.stdout)["events"] == len(rows)


def test_dialogues_of_one_task_give_their_first_needs(tmp_path):
    path = tmp_path / "dialogues.jsonl"
    said = ["hello", "i would like to book a table for two", "in the {} part of town, if there is one"]
    rows = [
        {
            "meta": {"tasks": ["table"] if number % 2 else ["table", "taxi"]},
            "turns": [{"role": "user", "text": text.format(place)} for text in said]
            + [{"role": "assistant", "text": "that is not for the engine to read at all"}],
        }
        for number, place in enumerate(PLACES * 2)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run(path, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["events"], report["intents"]) == (48, 1)


def test_rivals_run_beside_the_engine_and_seeds_are_summed_up(utterances):
    path, _ = utterances
    done = run(path, "--rivals", "--seeds", "2")
    assert done.returncode == 0, done.stderr
    for name in ("kmeans", "birch", "leader", "hdbscan", "dbstream"):
        assert done.stdout.count(f"\n{name} ") == 2
    assert "mean of 2 seeds" in done.stdout
    assert "final.ari" in done.stdout
    assert "churn" in done.stdout


def test_a_check_without_goals_and_a_bad_file_are_told_apart_from_success(utterances, tmp_path):
    path, _ = utterances
    done = run(path, "--check")
    assert done.returncode == 2
    assert "no goals are stated for small" in done.stderr
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"text": "a", "intent": "b"}\n{"text": 5\n')
    done = run(broken)
    assert done.returncode == 2
    assert "line 2" in done.stderr

"""What the benchmark scripts promise: help, one JSON object, and a check that names what falls short."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
SCRIPTS = [path for path in sorted(FOLDER.glob("*.py")) if "__main__" in path.read_text()]


def run(script, *arguments):
    command = [sys.executable, str(script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=FOLDER)


#: Asks every script for help, each as if it were started, in one interpreter: most of the time is imports.
ASK_ALL = """
import contextlib, io, json, runpy, sys
told = {}
for script in sys.argv[1:]:
    sys.argv, out = [script, "--help"], io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            runpy.run_path(script, run_name="__main__")
        code = None
    except SystemExit as ended:
        code = ended.code
    told[script] = [code, out.getvalue()]
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def helps():
    """Exit code and output of each script that was asked for help."""
    command = [sys.executable, "-c", ASK_ALL, *map(str, SCRIPTS)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(FOLDER)}
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_each_benchmark_says_what_it_takes(script, helps):
    code, said = helps[str(script)]
    assert code == 0, said
    assert "--json" in said
    assert "--check" in said


@pytest.fixture(scope="module")
def small_pipeline(tmp_path_factory):
    path = tmp_path_factory.mktemp("pipeline") / "small.jsonl"
    says = ("where is my parcel", "i want a refund", "cancel my order please", "where is my parcel")
    rows = [
        {
            "type": "turn",
            "tenant": "shop",
            "agent": "helper",
            "conversation_id": f"c{number}",
            "turn_id": f"t{number}",
            "role": "user",
            "text": text,
            "time": f"2024-05-01T10:00:{number:02d}Z",
        }
        for number, text in enumerate(says)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return run(FOLDER / "pipeline.py", path, "--events", "4", "--repetitions", "1", "--json", "--check")


def test_the_pipeline_benchmark_prints_one_object_of_settings_data_and_figures(small_pipeline):
    report = json.loads(small_pipeline.stdout)
    assert report["settings"]["threads"] == 1
    assert report["data"]["events"] == report["data"]["user_turns"] == 4
    assert report["data"]["distinct_texts"] == 3
    assert set(report["figures"]["events_per_s"]) == {
        "embedder", "embedder_distinct", "pipeline", "started", "precomputed", "noop"
    }  # fmt: skip
    assert report["figures"]["delay_s"]["counted"] == 4


def test_the_pipeline_check_fails_naming_the_figure_that_falls_short(small_pipeline):
    """Four events do not fill a batch: the pipeline waits for more, the embedder does not."""
    assert small_pipeline.returncode == 1
    assert "ratios.pipeline_to_embedder is " in small_pipeline.stderr
    assert "goal at least 0.7" in small_pipeline.stderr


def test_the_names_benchmark_prints_each_intent_with_its_true_labels_and_faults(tmp_path):
    needs = {
        "cancel": "cancel my reservation",
        "refund": "refund the insurance",
        "bag": "add a checked bag",
    }
    starts = ("I want to", "could you please", "how do I", "my wife asked me to", "it is urgent that you")
    ends = ("", "for the trip to Paris", "because of the storm", "before noon", "as my boss told me",
            "online", "without paying twice", "and tell me when it is done")  # fmt: skip
    rows = [
        {"text": f"{start} {text} {end}", "intent": label}
        for start in starts
        for end in ends
        for label, text in needs.items()
    ]
    with gzip.open(tmp_path / "banking77.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    done = run(FOLDER / "names.py", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    (agent,) = json.loads(done.stdout)["agents"]
    assert sum(row["turns"] for row in agent["rows"]) == len(rows)
    assert {row["labels"].split()[0] for row in agent["rows"]} == set(needs)
    for row in agent["rows"]:
        assert any(word in row["name"].lower() for word in ("cancel", "refund", "insurance", "bag"))
        assert row["description"].startswith("Users say")
        assert row["faults"] == []


def test_the_names_benchmark_without_data_says_so(tmp_path):
    done = run(FOLDER / "names.py", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "none of the data sets" in done.stderr


def told_at_random(number: int) -> dict[str, object]:
    """A dialogue that ends well or badly, known to have ended either way."""
    answer = "I have cancelled your order." if number % 2 else "Unfortunately I am unable to do that."
    return {
        "conversation_id": f"c{number}",
        "agent": "shop",
        "outcome": "failure" if number % 4 < 2 else "success",
        "meta": {"task_id": number},
        "turns": [
            {"role": "user", "text": "I want to cancel my order"},
            {"role": "assistant", "text": answer},
        ],
    }


def test_the_reading_benchmark_takes_a_file_and_names_each_figure_beyond_either_goal(tmp_path):
    path = tmp_path / "tau_airline_gpt4o.jsonl.gz"
    with gzip.open(path, "wt") as file:
        file.writelines(json.dumps(told_at_random(number)) + "\n" for number in range(12))
    done = run(FOLDER / "reading.py", path, "--json", "--check")
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert report["settings"]["batch_size"] == 1
    assert report["figures"]["tau_airline_gpt4o outcome auc"] == 0.5
    assert report["figures"]["tau_airline_gpt4o outcomes"] == 12
    assert "tau_airline_gpt4o after 50 told auc: 0." in done.stderr
    assert "tau_airline_gpt4o after 50 told calibration error: 0." in done.stderr
    assert "star" not in done.stderr

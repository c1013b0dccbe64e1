"""`groundswell run` as a user starts it: an account that adds up, and the same bytes every time."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from groundswell.streams.topics import OUTPUT_TOPICS

EXAMPLE = Path(__file__).parents[1] / "examples" / "tau2_airline.jsonl.gz"
CONVERSATIONS = 12
PROGRAM = Path(sys.executable).parent / "groundswell"
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("GROUNDSWELL_")}


def groundswell(*arguments: object, given: bytes | None = None) -> "subprocess.CompletedProcess[bytes]":
    command = [str(PROGRAM), "run", *map(str, arguments)]
    return subprocess.run(
        command, input=given, capture_output=True, check=False, env=ENVIRONMENT, timeout=120
    )


def topics(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def excerpt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first conversations of a shipped example, plain."""
    path = tmp_path_factory.mktemp("excerpt") / "excerpt.jsonl"
    with gzip.open(EXAMPLE) as rows:
        path.write_bytes(b"".join(row for row, _ in zip(rows, range(CONVERSATIONS), strict=False)))
    return path


@pytest.fixture(scope="module")
def first(excerpt: Path) -> tuple[Path, "subprocess.CompletedProcess[bytes]"]:
    out = excerpt.parent / "first"
    return out, groundswell(excerpt, "--out", out, "--json")


def test_the_account_is_one_json_object_and_adds_up(
    first: tuple[Path, "subprocess.CompletedProcess[bytes]"],
) -> None:
    out, done = first
    assert done.returncode == 0, done.stderr.decode()
    account = json.loads(done.stdout)
    assert 200 < account["events"] < 700
    assert account["events"] == account["processed"] + account["duplicates"] + account["dead_letters"]
    assert account["dead_letters"] == 0
    assert account["intents"] > 0
    assert set(account) == {
        *("events", "processed", "duplicates", "dead_letters", "turns", "intents", "spikes", "proposals"),
        *("withheld", "seconds", "outputs"),
    }
    lines = {name.removesuffix(".jsonl"): value.count(b"\n") for name, value in topics(out).items()}
    assert lines == account["outputs"]


def test_every_output_topic_is_a_file_of_json_lines(
    first: tuple[Path, "subprocess.CompletedProcess[bytes]"],
) -> None:
    out, _ = first
    written = topics(out)
    assert written.keys() == {f"{topic.name}.jsonl" for topic in OUTPUT_TOPICS}
    for content in written.values():
        assert all(isinstance(orjson.loads(line), dict) for line in content.splitlines())
    assert written["turns.jsonl"].count(b'"type":"turn"') > 100


def test_nothing_but_the_account_is_printed_in_a_pipe(
    first: tuple[Path, "subprocess.CompletedProcess[bytes]"],
) -> None:
    _, done = first
    assert done.stderr == b""
    assert done.stdout.count(b"\n") == 1


@pytest.mark.parametrize("batch", [1, 7, 500])
def test_a_second_run_gives_the_same_bytes_however_it_is_cut(
    batch: int, excerpt: Path, first: tuple[Path, "subprocess.CompletedProcess[bytes]"], tmp_path: Path
) -> None:
    done = groundswell(excerpt, "--out", tmp_path / "out", "--batch", batch)
    assert done.returncode == 0, done.stderr.decode()
    assert topics(tmp_path / "out") == topics(first[0])


def test_gzip_on_standard_input_gives_the_same_bytes_as_the_plain_file(
    excerpt: Path, first: tuple[Path, "subprocess.CompletedProcess[bytes]"], tmp_path: Path
) -> None:
    done = groundswell("-", "--out", tmp_path / "out", given=gzip.compress(excerpt.read_bytes()))
    assert done.returncode == 0, done.stderr.decode()
    assert topics(tmp_path / "out") == topics(first[0])


def test_the_summary_for_people_says_that_every_event_is_accounted_for(tmp_path: Path) -> None:
    rows = b'{"conversation_id":"c1","role":"user","text":"I want to cancel my order"}\n'
    done = groundswell("-", "--out", tmp_path / "out", given=rows)
    said = done.stdout.decode()
    assert "1 events = 1 processed + 0 duplicates + 0 dead letters (every event accounted for)" in said
    assert str(tmp_path / "out") in said


def test_bad_rows_are_reported_by_line_and_kept_as_dead_letters(tmp_path: Path) -> None:
    rows = [
        b'{"conversation_id":"c1","role":"user","text":"I want to cancel my order","turn_id":"1"}',
        b"{not json",
        b"",
        b'{"conversation_id":"c1","role":"nobody","text":"x"}',
        b'{"conversation_id":"c1","role":"user","text":"I want to cancel my order","turn_id":"1"}',
        b'{"conversation_id":"d","turns":[{"role":"king","text":"x"}]}',
        b'{"conversation_id":"c2","role":"user","text":"' + b"x" * 5_300_000 + b'"}',
    ]
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b"\n".join(rows))
    done = groundswell(file, "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr.decode()
    account = json.loads(done.stdout)
    told = done.stderr.decode()
    assert f"{file}:2: " in told
    assert f"{file}:6: " in told
    assert f"{file}:7: left out: 5300048 bytes" in told
    assert (account["events"], account["processed"]) == (5, 1)
    assert (account["duplicates"], account["dead_letters"]) == (1, 3)
    letters = (tmp_path / "out" / "dead-letters.jsonl").read_bytes().splitlines()
    reasons = [orjson.loads(letter)["headers"]["groundswell-reason"] for letter in letters]
    assert reasons == ["invalid_json", "invalid_field", "missing_field"]


def test_agent_and_tenant_are_given_to_every_event(tmp_path: Path) -> None:
    rows = b'{"conversation_id":"c1","role":"user","text":"I want to cancel my order"}\n'
    groundswell("-", "-o", tmp_path / "out", "--agent", "shop", "--tenant", "acme", given=rows)
    [turn] = [
        orjson.loads(line)
        for line in (tmp_path / "out" / "turns.jsonl").read_bytes().splitlines()
        if b'"type":"turn"' in line
    ]
    assert (turn["tenant"], turn["agent"]) == ("acme", "shop")


def test_a_file_that_is_not_there_is_named_and_ends_with_status_1(tmp_path: Path) -> None:
    done = groundswell(tmp_path / "missing.jsonl", "--out", tmp_path / "out")
    assert done.returncode == 1
    said = done.stderr.decode()
    assert "missing.jsonl" in said
    assert "No such file" in said
    assert "Traceback" not in said


def test_a_folder_that_cannot_be_written_is_named_and_ends_with_status_1(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    done = groundswell("-", "--out", tmp_path / "out", given=b"")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr.decode()


def test_an_empty_input_is_accounted_for_too(tmp_path: Path) -> None:
    done = groundswell("-", "--out", tmp_path / "out", "--json", given=b"")
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["events"] == 0


@pytest.mark.parametrize(("wrong", "word"), [(("--batch", 0), "--batch"), ((), "--out")])
def test_wrong_usage_ends_with_status_2_and_says_what_is_wrong(wrong: tuple[object, ...], word: str) -> None:
    done = groundswell("-", *wrong, given=b"")
    assert done.returncode == 2
    assert word in done.stderr.decode()


def test_a_setting_that_does_not_exist_ends_with_status_3(tmp_path: Path) -> None:
    (tmp_path / "groundswell.yaml").write_text("brocker: localhost:9092\n")
    config = ("--config", tmp_path / "groundswell.yaml")
    done = groundswell("-", "--out", tmp_path / "out", *config, given=b"")
    assert done.returncode == 3
    assert "brocker" in done.stderr.decode()

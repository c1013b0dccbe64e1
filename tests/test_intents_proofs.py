"""The benchmarks of commands, drift, paraphrases and scale run on small sets and say what they promise."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
SUBJECTS = {
    "travel": ("book a flight to {}", "cancel my flight to {}", "where is my luggage from {}"),
    "kitchen": ("how do i cook pasta like in {}", "which wine goes with food from {}", "is {} cheese vegan"),
    "money": ("transfer money to {}", "what is my balance at the bank of {}", "freeze my card in {}"),
    "home": ("turn on the lights in {}", "lock the doors in {}", "how warm is it at home in {}"),
    "work": ("schedule a meeting in {}", "how many vacation days has {}", "who is my manager in {}"),
    "car": ("where do i fill the tank in {}", "change the tires in {}", "is there traffic near {}"),
}
PLACES = [f"{a}{b}" for a in ("Nor", "Wes", "Eas", "Sud", "Mil", "Bru") for b in ("ton", "berg", "holm")]


@pytest.fixture(scope="module")
def utterances(tmp_path_factory):
    """A file of labelled utterances, and where their embeddings are kept between the runs."""
    folder = tmp_path_factory.mktemp("utterances")
    rows = [
        {"text": wording.format(place), "intent": wording.split("{")[0].strip(), "domain": domain}
        for domain, wordings in SUBJECTS.items()
        for wording in wordings
        for place in PLACES
    ]
    path = folder / "small.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path, folder / "vectors.npz"


def run(name, path, vectors, *options):
    script = str(FOLDER / f"{name}.py")
    command = [sys.executable, script, str(path), "--vectors", str(vectors), *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def figures(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["figures"]


def test_forty_ways_to_say_a_need_are_found_together_and_the_same_seed_gives_the_same(utterances):
    options = ("--needs", 3, "--ways", 12, "--json", "--seed", 4)
    first = figures(run("intents_paraphrases", *utterances, *options))
    assert set(first) == {"counted", "final", "own"}
    assert first == figures(run("intents_paraphrases", *utterances, *options))
    assert first["final"] > 50


def test_too_few_utterances_of_a_need_are_told_apart_from_success(utterances):
    done = run("intents_paraphrases", *utterances, "--ways", 40)
    assert done.returncode == 2
    assert "0 intents have 40 utterances, of 20 that are wanted" in done.stderr


def test_a_person_who_knows_some_labels_teaches_them_by_commands(utterances):
    found = figures(run("intents_teaching", *utterances, "--known", 0.4, "--json"))
    assert found["known"] == 7
    assert found["pin"] > 0
    assert found["others_true"] + found["known_true"] == 18
    assert found["others_ari_gain"] == pytest.approx(found["others_ari_taught"] - found["others_ari"])


def test_two_orders_are_printed_as_a_mean_and_its_spread_and_a_miss_is_named(utterances):
    done = run("intents_teaching", *utterances, "--seeds", 2, "--check", "--known", 0.1)
    line = next(line for line in done.stdout.splitlines() if line.startswith("others_ari_gain"))
    assert " to " in line
    assert "goal at least 2" in line
    missed = "short of its goal: others_ari_gain" in done.stderr
    assert done.returncode == int(missed)


def test_domains_come_go_and_return_with_commands_in_place(utterances):
    found = figures(run("intents_drift", *utterances, "--json"))
    assert {"fines_revived_right", "intents_revived_right", "returned", "refits", "parted"} <= set(found)
    assert 0 <= found["held_in_place"] <= 100
    assert found["rest_loss"] == pytest.approx(found["rest_ari"] - found["rest_ari_taught"])


def test_a_drift_without_domains_says_so(tmp_path, utterances):
    path = tmp_path / "plain.jsonl"
    path.write_text('{"text": "where is my order", "intent": "order"}\n')
    done = run("intents_drift", path, utterances[1])
    assert done.returncode == 2
    assert "tells 1 domains" in done.stderr


def test_states_of_many_tenants_are_recovered_and_weighed(utterances):
    done = run("intents_scale", *utterances, "--tenants", 6, "--turns", 9, "--more", 20, "--json")
    found = figures(done)
    assert (found["intents_true"], found["turns"]) == (18, 162)
    assert 0 < found["state_mib"] < found["stored_mib"]
    assert found["intents_found"] > 1
    assert found["rss_mib"] > found["rss_before_mib"] > 10

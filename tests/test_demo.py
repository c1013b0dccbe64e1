"""`groundswell demo` as a newcomer meets it: once, on all of what the repository ships."""

import json
import re
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.timeout(400)


@dataclass
class Demo:
    """A demo that has replayed everything and now serves its board."""

    url: str
    output: str
    board: dict[str, Any]
    metrics: str

    def agent(self, name: str) -> dict[str, Any]:
        return next(agent for agent in self.board["agents"] if agent["agent"] == name)


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    log = tmp_path_factory.mktemp("demo") / "output.txt"
    with log.open("w") as file:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("groundswell"), "demo", "--port", "0"],
            stdout=file,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
        )
    try:
        deadline = time.monotonic() + 350
        while not (found := re.search(r"The board:\s+(http://\S+)", log.read_text())):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        url = found[1]
        yield Demo(url, log.read_text(), json.loads(_get(url + "api/board.json")), _get(url + "metrics"))
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


def test_it_accounts_for_every_event(demo: Demo) -> None:
    events, processed, duplicates, dead = map(
        int,
        re.search(r"(\d+) events = (\d+) processed \+ (\d+) duplicates \+ (\d+) dead", demo.output).groups(),  # type: ignore[union-attr]
    )

    assert events == processed == 22_758
    assert (duplicates, dead) == (0, 0)
    assert "promised: 60 s" in demo.output


def test_intents_emerge_with_names_volume_and_outcomes(demo: Demo) -> None:
    star = demo.agent("star")
    named = [intent for intent in star["intents"] if intent["name"]]

    assert 8 <= len(named) <= 60
    assert sum(intent["tally"]["conversations"] for intent in star["intents"]) > 650
    assert any(intent["tally"]["failed"] > 20 for intent in named)
    assert {intent["trend"] for intent in named} > {"flat"}


def test_a_task_that_begins_to_be_asked_for_is_noticed_with_its_onset(demo: Demo) -> None:
    """Bank fraud reports first come at 21:09 UTC on 15 May 2020, most of them within the hour."""
    swells = [
        spike
        for spike in demo.board["spikes"]
        if spike["agent"] == "star" and spike["kind"] in ("emerging", "volume")
    ]

    assert any("2020-05-15T21:0" <= spike["starts_at"] <= "2020-05-15T21:2" for spike in swells)


def test_the_airline_prompt_gets_one_change_with_its_evidence(demo: Demo) -> None:
    (proposal,) = [one for one in demo.board["proposals"] if one["agent"] == "tau2-airline"]

    assert proposal["path"] == "tau2_airline.prompt.md"
    assert "+Before calling cancel_reservation" in proposal["diff"]
    assert "insurance" in proposal["title"]
    failed = proposal["evidence_total"]  # fewer than of all 240: the change is found on the way
    assert failed >= 15
    assert f"({failed} failed)" in proposal["title"]
    assert "+Before calling cancel_reservation" in demo.output


def test_the_retail_outage_gets_one_change_of_the_harness(demo: Demo) -> None:
    (proposal,) = [one for one in demo.board["proposals"] if one["agent"] == "tau-retail"]

    assert proposal["path"] == "tau_retail_grok3.harness.yaml"
    assert proposal["diff"].count("\n+    retries: 3") == 1


def test_the_metrics_count_every_event_once(demo: Demo) -> None:
    """Ticks are processed too; each message of `turns` has one delay."""
    processed = _sample(demo.metrics, 'stage_events_total{outcome="processed",stage="turns"}')
    read = _sample(demo.metrics, 'stage_events_total{outcome="processed",stage="intents"}')

    assert processed > 22_758
    assert read == _sample(demo.metrics, "event_delay_seconds_count")


def _sample(metrics: str, series: str) -> float:
    """Return the value of one series of the exposition."""
    (value,) = re.findall(rf"^groundswell_{re.escape(series)} ([\d.]+)", metrics, re.MULTILINE)
    return float(value)


async def test_the_board_shows_it_all_in_a_browser(demo: Demo, browser_page: Any) -> None:
    await browser_page.goto(demo.url)

    assert await browser_page.locator("text=check insurance before cancel_reservation").count() >= 1
    assert await browser_page.locator("svg").count() >= 20


def test_every_intent_on_the_board_leads_to_its_page(demo: Demo) -> None:
    star = demo.agent("star")
    placed = [intent for intent in star["intents"] if intent["place"]]
    assert len(placed) >= 5
    for intent in placed:
        page = json.loads(_get(f"{demo.url}api/intents/{star['tenant']}/star/{intent['id']}"))
        assert page["live"]
        assert page["shape"]["mixed"] == intent["mixed"]
    failing = max(placed, key=lambda intent: intent["tally"]["failed"])
    page = json.loads(_get(f"{demo.url}api/intents/{star['tenant']}/star/{failing['id']}"))
    assert sum(step["count"] for step in page["steps"]) >= failing["tally"]["failed"] > 0
    assert "Where it breaks" in _get(f"{demo.url}intents/{star['tenant']}/star/{failing['id']}")


def test_a_visitor_can_name_an_intent_and_the_board_says_so(demo: Demo) -> None:
    intent = demo.agent("star")["intents"][0]
    base = demo.url.rstrip("/")
    form = {"tenant": "default", "agent": "star", "intent": intent["id"], "command": "rename"}
    body = urllib.parse.urlencode({**form, "name": "What a visitor called it"}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{base}/teach", body, {"Origin": base})) as answer:
        assert "sent=" in answer.url
    deadline = time.monotonic() + 30
    while "What a visitor called it" not in _get(demo.url):
        assert time.monotonic() < deadline, _get(demo.url + "teach?" + urllib.parse.urlencode(form))
        time.sleep(0.2)

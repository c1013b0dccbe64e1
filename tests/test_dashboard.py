"""Rules and dashboard: they parse, alert when they should, and name only metrics that there are."""

import asyncio
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import yaml
from prometheus_client.metrics_core import Metric

from groundswell.models.board import BoardState
from groundswell.models.minute import Count, IntentMinute
from groundswell.models.position import Source
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.web import make_app, start

DEPLOY = Path(__file__).parents[1] / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yml"
DASHBOARD = json.loads((DEPLOY / "grafana" / "dashboards" / "groundswell.json").read_text(encoding="utf-8"))

#: What Grafana puts in before Prometheus reads an expression.
VARIABLES = {"$__rate_interval": "1m", "$__interval": "1m", "$tenant": ".*", "$agent": ".*"}
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


TRACE = "0af7651916cd43dd8448eb211c80319c"


class Ask:
    """The query API of a Prometheus."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session

    async def _get(self, path: str, **parameters: str) -> Any:
        async with self.session.get(path, params=parameters) as answer:
            body = await answer.json()
        assert body["status"] == "success", (parameters, body)
        return body["data"]

    async def query(self, expression: str) -> list[dict[str, Any]]:
        result: list[dict[str, Any]] = (await self._get("/api/v1/query", query=expression))["result"]
        return result

    async def exemplars(self, metric: str) -> list[dict[str, Any]]:
        now = time.time()
        span = {"start": str(now - 60), "end": str(now + 60)}
        series = await self._get("/api/v1/query_exemplars", query=metric, **span)
        return [exemplar for one in series for exemplar in one["exemplars"]]

    async def until(self, expression: str, seconds: float = 30) -> None:
        """Wait until an expression has an answer."""
        end = time.monotonic() + seconds
        while True:
            try:
                if await self.query(expression):
                    return
            except (aiohttp.ClientConnectionError, aiohttp.ContentTypeError):
                pass  # its port is not open yet, or it is not ready: 503 and plain text
            assert time.monotonic() < end, f"no answer to {expression}"
            await asyncio.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def busy_metrics() -> Metrics:
    """The metrics of a worker with two intents, a spike, and a slow event that was traced."""
    metrics = Metrics()
    for intent in ("I1", "I2"):
        metrics.observe_assignment("acme", "shop", intent, new_conversation=True)
    metrics.close_minute(
        IntentMinute(
            tenant="acme", agent="shop", minute=1, closed=1, conversations=4,
            counts={"f1": Count(conversations=3), "f2": Count(conversations=1)},
            groups={"f1": "I1", "f2": "I2"}, names={"I1": "refund <b>", "I2": "seats"},
            source=Source(log="c", partition=0, offset=0),
        )
    )  # fmt: skip
    metrics.spikes_firing.labels("acme", "shop", "volume").set(1)
    metrics.observe_delay(0.7, trace_id=TRACE)
    return metrics


def names_of(metric: Metric) -> list[str]:
    return [metric.name + suffix for suffix in SUFFIXES[metric.type]]


def exported() -> set[str]:
    return {name for metric in Metrics().registry.collect() for name in names_of(metric)}


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard_expressions() -> list[str]:
    targets = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]
    targets += [annotation["expr"] for annotation in DASHBOARD["annotations"]["list"]]
    for variable, value in VARIABLES.items():
        targets = [target.replace(variable, value) for target in targets]
    return targets


def metrics_in(expression: str) -> set[str]:
    return set(re.findall(r"[a-z_:]*groundswell_[a-z0-9_:]+", expression))


def run(program: str, *arguments: str | Path) -> str:
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_rules_are_valid(promtool: str) -> None:
    assert f"{len(rules())} rules found" in run(promtool, "check", "rules", RULES)


def test_every_alert_fires_and_is_silent_when_it_should(promtool: str) -> None:
    run(promtool, "test", "rules", DEPLOY / "prometheus" / "rules_test.yml")
    tested = (DEPLOY / "prometheus" / "rules_test.yml").read_text(encoding="utf-8")
    for rule in rules():
        if "alert" in rule:
            assert f"alertname: {rule['alert']}\n        exp_alerts" in tested, rule["alert"]


def test_every_expression_of_the_dashboard_parses(promtool: str, tmp_path: Path) -> None:
    expressions = dashboard_expressions()
    assert len(expressions) > 25
    generated = [{"record": f"panel:{i}", "expr": expr} for i, expr in enumerate(expressions)]
    file = tmp_path / "dashboard.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": generated}]}), encoding="utf-8")
    assert f"{len(expressions)} rules found" in run(promtool, "check", "rules", file)


def test_rules_and_dashboard_name_only_what_the_program_exports_or_a_rule_records() -> None:
    known = exported() | {rule["record"] for rule in rules() if "record" in rule}
    for expression in [*dashboard_expressions(), *(rule["expr"] for rule in rules())]:
        assert "groundswell_" in expression
        assert metrics_in(expression) <= known, expression


def test_every_metric_that_the_program_exports_is_looked_at() -> None:
    expressions = [*dashboard_expressions(), *(rule["expr"] for rule in rules())]
    looked_at = set().union(*map(metrics_in, expressions))
    unseen = {
        metric.name
        for metric in Metrics().registry.collect()
        if metric.name.startswith("groundswell_") and not looked_at & set(names_of(metric))
    }
    assert unseen == {"groundswell_build_info"}


def test_the_dashboard_is_what_its_generator_writes() -> None:
    run(sys.executable, DEPLOY / "grafana" / "generate.py", "--check")


def test_every_panel_has_its_own_place_a_source_and_a_description() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "prometheus"
            assert panel["description"]
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


@pytest.mark.parametrize(
    "rule", [rule for rule in rules() if "alert" in rule], ids=lambda rule: rule["alert"]
)
def test_every_alert_says_how_bad_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("info", "warning", "critical")
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["description"]


def test_what_a_full_registry_exposes_passes_the_linter_of_prometheus(promtool: str) -> None:
    metrics = Metrics()
    metrics.observe_assignment("acme", "shop", "I1", new_conversation=True)
    metrics.observe_outcome("acme", "shop", "I1", "failed", -1)
    metrics.name_intent("acme", "shop", "I1", 'a "name" with \\ and émigré')
    metrics.observe_proposal("acme", "shop", "system_prompt", "open")
    metrics.observe_withheld("gate")
    metrics.observe_batch("turns", 0.1, processed=1)
    metrics.observe_dead_letter("turns", "not_json")
    metrics.observe_embedding(0.01)
    metrics.observe_delay(0.2, conversation="c1")
    metrics.set_lag("turns", 0, 3)
    body, _ = metrics.expose()
    ours = b"\n".join(line for line in body.splitlines() if b"process_" not in line) + b"\n"
    done = subprocess.run([promtool, "check", "metrics"], input=ours, capture_output=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asked(prometheus: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ask]:
    """A real Prometheus that scrapes the real port."""
    tmp_path = tmp_path_factory.mktemp("prometheus")
    metrics = busy_metrics()
    worker = await start(make_app(metrics, BoardState(), lambda: (True, "")), "127.0.0.1", 0)
    port = free_port()
    config = tmp_path / "prometheus.yml"
    config.write_text(
        f"global: {{scrape_interval: 250ms, evaluation_interval: 250ms}}\n"
        f"rule_files: [{RULES}]\n"
        f"scrape_configs:\n- job_name: groundswell\n"
        f"  static_configs: [{{targets: ['127.0.0.1:{worker.port}']}}]\n",
        encoding="utf-8",
    )
    server = await asyncio.create_subprocess_exec(
        prometheus, f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}", "--enable-feature=exemplar-storage",
        "--log.level=error",
    )  # fmt: skip
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            asked = Ask(session)
            await asked.until(
                'ALERTS{alertname="IntentSpike"} and on () groundswell_event_delay_seconds_count'
            )
            yield asked
    finally:
        server.terminate()
        await server.wait()
        await worker.stop()


@pytest.mark.asyncio(loop_scope="module")
async def test_every_expression_has_an_answer_and_intents_have_their_names(asked: Ask) -> None:
    for expression in dashboard_expressions():
        await asked.query(expression)
    (share,) = [target for target in dashboard_expressions() if "groundswell_intent_share" in target]
    series = {row["metric"]["intent"]: row for row in await asked.query(share)}
    assert series["I1"]["metric"]["name"] == "refund <b>"
    assert float(series["I1"]["value"][1]) == 0.75
    assert "name" not in series["other"]["metric"]
    firing = await asked.query('ALERTS{alertname="IntentSpike", alertstate="firing"}')
    assert [row["metric"]["kind"] for row in firing] == ["volume"]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_slow_event_leads_to_its_trace(asked: Ask) -> None:
    found = await asked.exemplars("groundswell_event_delay_seconds_bucket")
    assert [exemplar["labels"]["trace_id"] for exemplar in found] == [TRACE]

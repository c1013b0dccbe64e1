"""What deploy/ and docker-compose.yml say is valid, agrees with the code, and names only what is there.

No container runs here: Compose's own schema, Prometheus' own checker and these tests stand in for one.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
COMPOSE = ROOT / "docker-compose.yml"

OLDEST_QDRANT = (1, 19)  # earlier servers answer reads from half-replayed state after a restart


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return read(COMPOSE)["services"]


def check(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def mounts(services: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(service, source, target) of every volume."""
    for name, service in services.items():
        for volume in service.get("volumes", ()):
            source, target, *_ = volume.split(":")
            yield name, source, target


def inside(services: dict[str, Any], service: str, path: str) -> Path:
    """The file of this repository that a container sees at `path`."""
    for name, source, target in mounts(services):
        if name == service and path.startswith(target + "/") and source.startswith("."):
            return ROOT / source / path.removeprefix(target + "/")
    raise AssertionError(f"{service} mounts nothing of this repository at {path}")


def test_compose_follows_the_compose_specification() -> None:
    check(
        *(sys.executable, "-m", "check_jsonschema"),
        *("--builtin-schema", "vendor.compose-spec", str(COMPOSE)),
    )


def test_every_image_has_a_fixed_version(services) -> None:
    images = {name: service["image"] for name, service in services.items()}
    assert {n: i for n, i in images.items() if not re.search(r":v?\d+\.\d+\.\d+$", i)} == {}


def test_qdrant_is_recent_enough_to_recover_state_from(services) -> None:
    major, minor, _ = services["qdrant"]["image"].rpartition(":v")[2].split(".")
    assert (int(major), int(minor)) >= OLDEST_QDRANT


def test_the_image_is_tagged_with_the_version_of_the_package(services) -> None:
    package = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert services["worker"]["image"] == f"groundswell:{package['version']}"


def test_every_service_that_stays_up_has_a_health_check(services) -> None:
    staying = {n for n, s in services.items() if s["restart"] != "no"}
    assert staying == services.keys() - {"topics"}
    assert {n for n in staying if "healthcheck" not in services[n]} == set()


def test_a_service_waits_for_what_it_needs_in_the_right_state(services) -> None:
    waits = {
        (name, needed): wait["condition"]
        for name, service in services.items()
        for needed, wait in service.get("depends_on", {}).items()
    }
    assert waits == {
        ("topics", "kafka"): "service_healthy",
        ("worker", "topics"): "service_completed_successfully",
        ("worker", "qdrant"): "service_healthy",
        ("prometheus", "alertmanager"): "service_healthy",
        ("grafana", "prometheus"): "service_healthy",
    }


def test_the_worker_can_be_scaled(services) -> None:
    worker = services["worker"]
    assert "container_name" not in worker
    for inside, port in zip((8080, 4318), worker["ports"], strict=True):
        assert re.fullmatch(rf"127\.0\.0\.1:\d+-\d+:{inside}", port), "replicas need a range of host ports"


def test_no_port_is_open_beyond_this_machine(services) -> None:
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_everything_mounted_from_the_repository_exists(services) -> None:
    missing = [s for _, s, _ in mounts(services) if s.startswith(".") and not (ROOT / s).exists()]
    assert missing == []


def test_every_named_volume_is_declared_and_used(services) -> None:
    named = {source for _, source, _ in mounts(services) if not source.startswith(".")}
    assert named == set(read(COMPOSE)["volumes"])


def test_every_variable_of_the_worker_is_a_setting_and_valid(services, monkeypatch) -> None:
    from groundswell.streams.settings import Settings

    given = {
        name.removeprefix("GROUNDSWELL_").lower(): re.sub(r"\$\{\w+:-(.*)\}", r"\1", str(value))
        for name, value in services["worker"]["environment"].items()
    }
    assert given.keys() <= Settings.model_fields.keys()
    given["config"] = str(inside(services, "worker", given["config"]))
    settings = Settings(**given)
    assert settings.broker == "kafka:19092"
    assert settings.web_port == 8080


def test_the_broker_listens_where_the_worker_looks_for_it(services) -> None:
    listeners = services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert f"PLAINTEXT://{services['worker']['environment']['GROUNDSWELL_BROKER']}" in listeners


def test_the_internal_topics_of_the_single_broker_ask_for_one_copy(services) -> None:
    copies = {k: v for k, v in services["kafka"]["environment"].items() if "REPLICATION" in k or "ISR" in k}
    assert len(copies) == 5
    assert set(copies.values()) == {1}


def test_prometheus_accepts_its_configuration_and_rules(promtool: str) -> None:
    assert "rule files found" in check(promtool, "check", "config", str(DEPLOY / "prometheus/prometheus.yml"))
    assert "SUCCESS" in check(promtool, "check", "rules", str(DEPLOY / "prometheus/rules.yml"))


def test_prometheus_scrapes_every_replica_at_the_port_of_the_board(services) -> None:
    jobs = {job["job_name"]: job for job in read(DEPLOY / "prometheus/prometheus.yml")["scrape_configs"]}
    (discovery,) = jobs["groundswell"]["dns_sd_configs"]
    assert discovery["names"] == ["worker"]
    assert discovery["type"] == "A", "an address for each replica"
    assert str(discovery["port"]) == services["worker"]["environment"]["GROUNDSWELL_WEB_PORT"]


def test_prometheus_and_alertmanager_start_with_the_files_that_are_mounted(services) -> None:
    for name in ("prometheus", "alertmanager"):
        (option,) = [c for c in services[name]["command"] if c.startswith("--config.file=")]
        assert inside(services, name, option.partition("=")[2]).is_file()


def test_alerts_go_to_a_service_and_a_receiver_that_exist(services) -> None:
    targets = read(DEPLOY / "prometheus/prometheus.yml")["alerting"]["alertmanagers"][0]["static_configs"]
    assert targets == [{"targets": ["alertmanager:9093"]}]
    assert "alertmanager" in services
    config = read(DEPLOY / "alertmanager/alertmanager.yml")
    assert config["route"]["receiver"] in {receiver["name"] for receiver in config["receivers"]}


def test_an_alert_that_silences_another_is_one_that_the_rules_raise() -> None:
    raised = {
        rule["alert"]
        for group in read(DEPLOY / "prometheus/rules.yml")["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
    config = read(DEPLOY / "alertmanager/alertmanager.yml")
    named = {
        name
        for rule in config["inhibit_rules"]
        for matcher in rule["source_matchers"] + rule["target_matchers"]
        for name in re.findall(r'alertname=~?"(.*)"', matcher)[0].split("|")
    }
    assert named <= raised


def test_grafana_has_the_data_source_that_the_dashboard_asks_for(services) -> None:
    sources = read(DEPLOY / "grafana/provisioning/datasources/prometheus.yml")["datasources"]
    by_uid = {source["uid"]: source for source in sources}
    assert by_uid["prometheus"]["url"] == "http://prometheus:9090"
    dashboard = (DEPLOY / "grafana/dashboards/groundswell.json").read_text("utf-8")
    asked = set(re.findall(r'"uid":\s*"(\w+)"', dashboard)) & {"prometheus", "alertmanager", "loki", "tempo"}
    assert asked
    assert asked <= by_uid.keys()


def test_grafana_opens_on_our_dashboard_without_a_login(services) -> None:
    environment = services["grafana"]["environment"]
    assert environment["GF_AUTH_ANONYMOUS_ENABLED"] == "true"
    assert environment["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    home = environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert inside(services, "grafana", home).is_file()
    (provider,) = read(DEPLOY / "grafana/provisioning/dashboards/groundswell.yml")["providers"]
    assert home.startswith(provider["options"]["path"] + "/")


@pytest.fixture
def copied() -> set[str]:
    """What the image copies out of the repository."""
    lines = re.findall(r"^COPY (?!--from)(.*) \S+$", (DEPLOY / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    return {name for line in lines for name in line.split()}


def test_the_image_is_built_from_files_that_exist(copied) -> None:
    assert {name for name in copied if not (ROOT / name).exists()} == set()


def test_the_image_copies_the_folder_of_every_package_that_is_installed(copied) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert set(project["tool"]["setuptools"]["package-dir"].values()) <= copied


def test_the_build_context_holds_what_the_image_copies_and_no_more(copied) -> None:
    ignore = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert "*" in ignore
    assert {line[1:] for line in ignore if line.startswith("!")} == copied


def test_the_image_runs_the_worker_without_root() -> None:
    lines = (DEPLOY / "Dockerfile").read_text("utf-8").splitlines()
    assert lines.index("USER groundswell") < lines.index('ENTRYPOINT ["groundswell"]')


def test_the_lock_covers_every_dependency_and_names_no_place_to_fetch_from() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    pinned = set(re.findall(r"^([a-z0-9-]+)==", lock, flags=re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [dependency for extra in project["optional-dependencies"].values() for dependency in extra]
    named = {re.match(r"[\w.-]+", d)[0].lower() for d in project["dependencies"] + extras}
    assert named <= pinned
    assert "://" not in lock

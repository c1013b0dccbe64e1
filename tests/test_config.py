"""Settings: who wins over whom, what is refused, and what is never printed."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from groundswell.streams.cli import app
from groundswell.streams.settings import Settings


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests."""
    import os

    for name in [name for name in os.environ if name.startswith("GROUNDSWELL_")]:
        monkeypatch.delenv(name)


def config(*arguments: object, **environment: str) -> Result:
    named = {f"GROUNDSWELL_{name.upper()}": value for name, value in environment.items()}
    return CliRunner().invoke(app, ["config", *map(str, arguments)], env=named)


def printed(*arguments: object, **environment: str) -> dict[str, Any]:
    done = config(*arguments, **environment)
    assert done.exit_code == 0, done.output
    value = json.loads(done.stdout)
    assert isinstance(value, dict)
    return value


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "groundswell.yaml"
    values = {"broker": "from-file:9092", "batch": 7, "store_api_key": "file-secret", "redact_extra": ["x+"]}
    agents = {"support": {"prompt": "prompts/support.md", "owners": ["ann"]}}
    path.write_text(yaml.safe_dump(values | {"agents": agents}))
    return path


def test_every_setting_is_printed_with_its_default() -> None:
    assert printed().keys() == Settings.model_fields.keys()
    assert printed()["broker"] == "localhost:9092"


def test_the_file_wins_over_defaults(file: Path) -> None:
    found = printed("--config", file)
    assert (found["broker"], found["batch"], found["redact_extra"]) == ("from-file:9092", 7, ["x+"])
    assert found["agents"]["support"]["prompt"] == "prompts/support.md"
    assert found["linger_s"] == 0.05


def test_the_environment_wins_over_the_file(file: Path) -> None:
    found = printed("--config", file, broker="from-env:9092", redact_extra='["y"]')
    assert (found["broker"], found["batch"], found["redact_extra"]) == ("from-env:9092", 7, ["y"])


def test_arguments_win_over_the_environment(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDSWELL_BATCH", "9")
    assert Settings(config=file).batch == 9
    assert Settings(config=file, batch=11).batch == 11


def test_the_file_may_be_named_by_the_environment(file: Path) -> None:
    assert printed(config=str(file))["batch"] == 7


def test_paths_of_an_agents_files_are_seen_from_the_configuration_file(file: Path) -> None:
    settings = Settings(config=file)
    files = settings.files_of("default", "support")
    assert files is not None
    assert files.prompt is not None
    assert settings.resolve(files.prompt) == file.parent / "prompts/support.md"
    assert settings.files_of("acme", "support") is None
    assert settings.files_of("default", "other") is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("brocker: x:9092", "brocker"),
        ("agents: {support: {promt: p.md}}", "promt"),
        ("batch: many", "batch"),
        ("batch: 0", "batch"),
        ("broker: ' '", "broker"),
        ("log_level: LOUD", "log_level"),
    ],
)
def test_what_is_wrong_is_named_and_the_way_out_is_said(text: str, named: str, tmp_path: Path) -> None:
    path = tmp_path / "groundswell.yaml"
    path.write_text(text)
    done = config("--config", path)
    assert done.exit_code == 3
    assert named in done.stderr
    assert "groundswell config" in done.stderr
    assert "Traceback" not in done.output


def test_a_wrong_value_in_the_environment_is_named_too() -> None:
    done = config(web_port="70000")
    assert done.exit_code == 3
    assert "web_port" in done.stderr


def test_a_file_that_is_missing_is_said_and_not_ignored(tmp_path: Path) -> None:
    done = config("--config", tmp_path / "none.yaml")
    assert done.exit_code == 3
    assert "none.yaml" in done.stderr.replace("\n", "")


@pytest.mark.parametrize("text", ["- a\n- b", "just text", "a: [", "\x00"])
def test_a_file_that_is_no_mapping_is_refused_without_a_traceback(text: str, tmp_path: Path) -> None:
    path = tmp_path / "groundswell.yaml"
    path.write_text(text)
    done = config("--config", path)
    assert done.exit_code == 3, done.exception
    assert "groundswell.yaml" in done.stderr.replace("\n", "")


SECRETS = ("store_api_key", "embedder_api_key", "user_key")


def test_secrets_are_masked_wherever_they_come_from(file: Path) -> None:
    done = config("--config", file, embedder_api_key="env-secret", user_key="user-secret")
    assert done.exit_code == 0
    for secret in ("file-secret", "env-secret", "user-secret"):
        assert secret not in done.output
    found = json.loads(done.stdout)
    assert {found[name] for name in SECRETS} == {"**********"}
    assert Settings(config=file).store_api_key.get_secret_value() == "file-secret"  # type: ignore[union-attr]


def test_secrets_do_not_show_in_errors_or_in_logs(file: Path) -> None:
    done = config("--config", file, user_key="user-secret", batch="none")
    assert done.exit_code == 3
    assert "secret" not in done.output
    assert "file-secret" not in repr(Settings(config=file))


def test_passwords_in_addresses_are_masked(tmp_path: Path) -> None:
    found = config(store="http://ann:hunter2@qdrant:6333", embedder_url="https://u:pw123@models/v1").output
    assert "hunter2" not in found
    assert "pw123" not in found


def test_users_are_stored_under_a_hash_with_a_key() -> None:
    one, other = Settings(user_key="a"), Settings(user_key="b")  # type: ignore[arg-type]
    assert one.hash_user("ann") == one.hash_user("ann") != one.hash_user("bob")
    assert one.hash_user("ann") != other.hash_user("ann")
    assert "ann" not in one.hash_user("ann")

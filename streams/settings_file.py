"""The YAML file of settings: that it is one, and its section about agents."""

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field


class AgentPaths(BaseModel):
    """The files that steer one agent, relative to the configuration file, and who owns them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant: str = "default"
    prompt: Path | None = None
    harness: Path | None = None
    config: Path | None = None
    owners: tuple[str, ...] = ()
    half_life_days: float | None = Field(default=None, ge=0)
    repository: str = ""
    base_ref: str = "main"


class InvalidFile(ValueError):
    """The configuration file is there and is not one."""


def settings_file(path: str | Path) -> Path:
    """Return *path*, or say which file is missing or broken: a silent default would hide the mistake."""
    found = Path(path)
    if not found.is_file():
        raise FileNotFoundError(
            f"configuration file {found} does not exist; check GROUNDSWELL_CONFIG or --config"
        )
    try:
        content = yaml.safe_load(found.read_bytes())
    except yaml.YAMLError as error:
        raise InvalidFile(f"configuration file {found} is not YAML: {error}") from error
    if not isinstance(content, dict | None):
        raise InvalidFile(f"configuration file {found} must hold settings, one `name: value` a line")
    return found

"""Everything that an operator may change. A flag wins over the environment, that over the file.

Each field is ``GROUNDSWELL_<NAME>`` in the environment, or a key of the YAML file that
``GROUNDSWELL_CONFIG`` names (whose ``agents`` section says which files belong to which agent).
"""

import hashlib
import importlib.util
import ipaddress
import os
import re
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, FilePath, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from groundswell.models.reading.redaction import Redactor
from groundswell.streams.settings_file import AgentPaths, settings_file

#: A user name and password in an address.
_PASSWORD = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_MASK = "**********"


class Settings(BaseSettings):
    """What is in effect. Unknown keys of the file are refused, so that a typing error is noticed."""

    model_config = SettingsConfigDict(env_prefix="GROUNDSWELL_", env_nested_delimiter="__", extra="forbid")

    broker: str = Field(default="localhost:9092", description="Kafka bootstrap servers, comma separated")
    broker_tls: bool = Field(default=False, description="whether the broker speaks TLS")
    broker_ca: FilePath | None = Field(
        default=None, description="PEM file with the authority of its certificate, if the system knows it not"
    )
    broker_username: str | None = Field(default=None, description="SASL user name, if the broker wants one")
    broker_password: SecretStr | None = Field(default=None, description="SASL password")
    broker_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="PLAIN", description="how the password is shown to the broker"
    )
    store: str = Field(
        default="http://localhost:6333",
        description="Qdrant: http(s)://host:port, or edge:FOLDER for the embedded engine",
    )
    store_api_key: SecretStr | None = Field(default=None, description="Qdrant API key")
    config: Path | None = Field(default=None, description="the YAML file with these settings and the agents")
    group: str = Field(default="groundswell", description="prefix of the Kafka consumer group")
    topic_prefix: str = Field(default="", description="put before every topic name")
    partitions: int = Field(
        default=12, ge=1, description="partitions of a topic that `groundswell topics` creates"
    )
    replication: int = Field(default=1, ge=1, description="replication factor of topics that are created")
    web_bind: str = Field(
        default="127.0.0.1", description="address of /metrics, /healthz, /readyz and the board"
    )
    web_port: int = Field(default=8080, ge=0, le=65535, description="its port; 0 picks a free one")
    board_edits: bool | None = Field(
        default=None,
        description="whether the board takes commands about intents; unset: on a loopback address only",
    )
    board_actor: str = Field(
        default="board",
        min_length=1,
        max_length=200,
        description="who a command of the board is from",
    )
    embedder: str = Field(
        default="bundled", description="bundled, a fastembed model name, or a folder with a model"
    )
    embedder_threads: int = Field(default=1, ge=1)
    embedder_url: str | None = Field(
        default=None, description="OpenAI-compatible endpoint; `embedder` names its model"
    )
    embedder_api_key: SecretStr | None = None
    user_key: SecretStr = Field(
        default=SecretStr("groundswell"),
        description="key of the hash under which user ids are stored; set your own",
    )
    redact: tuple[str, ...] = Field(
        default=("default",), description="names of redaction patterns, or `default`"
    )
    redact_extra: tuple[str, ...] = Field(default=(), description="regular expressions to redact besides")
    presidio: str | None = Field(
        default=None, description="language in which Presidio looks for names (needs the extra `presidio`)"
    )
    presidio_entities: tuple[str, ...] = Field(
        default=("PERSON", "LOCATION"), description="what Presidio looks for, by its own names"
    )
    idle_timeout_s: int = Field(default=300, ge=1, description="silence after which a conversation has ended")
    lateness_s: int = Field(default=90, ge=0, description="how long a minute waits for late events")
    half_life_days: float = Field(
        default=0, ge=0, description="days after which a turn weighs half in finding intents (0: for ever)"
    )
    session_timeout_s: float = Field(
        default=10, ge=1, le=40, description="silence after which a worker's partitions go to the others"
    )
    batch: int = Field(default=256, ge=1, le=4096, description="events taken at once")
    linger_s: float = Field(default=0.05, gt=0, le=1, description="longest wait for a batch to fill")
    tick_s: float = Field(default=30, gt=0, description="how often a worker tells each partition the time")
    proposals_per_week: int = Field(default=4, ge=1, description="proposals for one agent in seven days")
    evidence_conversations: int = Field(
        default=2000, ge=50, description="conversations that a diagnosis reads"
    )
    runbook_url: str = ""
    otlp_receiver: bool = Field(default=True, description="whether a worker takes in OTLP and events by HTTP")
    otlp_bind: str = Field(default="127.0.0.1", description="address of the receiver")
    otlp_port: int = Field(default=4318, ge=0, le=65535, description="its port; 0 picks a free one")
    otlp_token: SecretStr | None = Field(default=None, description="bearer token that senders must show")
    otlp_max_bytes: int = Field(
        default=16 * 1024 * 1024, ge=1024, description="largest request, after decompression"
    )
    otlp_inflight_bytes: int = Field(
        default=64 * 1024 * 1024, ge=1024, description="bytes of requests that are not yet acknowledged"
    )
    otlp_roots: bool = Field(
        default=False, description="read turns from the root span of each trace, not from calls of models"
    )
    otlp_slices: tuple[str, ...] = Field(
        default=(
            *("plan", "tier", "stage", "feature", "paying", "revenue", "account_age_days"),
            *("channel", "language", "region"),
        ),
        description="names of span metadata that become slices",
    )
    public_url: str = Field(default="http://localhost:8080", description="where people reach the board")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    llm_base_url: str | None = Field(
        default=None,
        description="OpenAI-compatible endpoint of a model that names intents; unset: none",
    )
    llm_api_key: SecretStr | None = Field(default=None, description="its key")
    llm_model: str | None = Field(default=None, description="the model's name there")
    llm_calls_per_day: int = Field(default=500, ge=0, description="questions to it in a day of event time")
    llm_tokens_per_day: int = Field(
        default=500_000, ge=0, description="tokens in a day of event time, sent and received"
    )
    llm_timeout_s: float = Field(default=30, gt=0, le=600, description="longest wait for one answer")
    agents: dict[str, AgentPaths] = Field(default_factory=dict, description="by agent name")

    @field_validator("embedder", "broker", "store")
    @classmethod
    def _given(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("must not be empty")
        return value

    @field_validator("redact")
    @classmethod
    def _known_patterns(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if value != ("default",):
            Redactor.of(value)
        return value

    @field_validator("presidio")
    @classmethod
    def _installed(cls, value: str | None) -> str | None:
        if value is not None and importlib.util.find_spec("presidio_analyzer") is None:
            raise ValueError("needs Microsoft Presidio: pip install 'groundswell[presidio]'")
        return value

    @field_validator("redact_extra")
    @classmethod
    def _usable_patterns(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        Redactor.of((), {f"custom{number}": regex for number, regex in enumerate(value)})
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order of precedence: arguments, environment, the configuration file, defaults."""
        given = init_settings().get("config") or os.environ.get("GROUNDSWELL_CONFIG")
        sources = [init_settings, env_settings]
        if given:
            sources.append(YamlConfigSettingsSource(settings_cls, yaml_file=settings_file(given)))
        return tuple(sources)

    @model_validator(mode="after")
    def _whole_llm(self) -> "Settings":
        if bool(self.llm_base_url) != bool(self.llm_model):
            raise ValueError("llm_base_url and llm_model go together: set both, or neither")
        return self

    @property
    def names_by_llm(self) -> bool:
        """Whether a language model is asked to name intents."""
        return bool(self.llm_base_url and self.llm_model)

    def files_of(self, tenant: str, agent: str) -> AgentPaths | None:
        """Return the files of the tenant's agent, if they are configured."""
        files = self.agents.get(agent)
        return files if files is not None and files.tenant == tenant else None

    def half_life_ms(self, tenant: str, agent: str) -> int:
        """Return after how many milliseconds of event time a turn of the agent weighs half; 0: never."""
        files = self.files_of(tenant, agent)
        own = files.half_life_days if files else None
        return round((self.half_life_days if own is None else own) * 86_400_000)

    def resolve(self, path: Path) -> Path:
        """Return *path* as seen from the folder of the configuration file."""
        return path if self.config is None else self.config.parent / path

    @property
    def takes_edits(self) -> bool:
        """Whether the board takes commands about intents."""
        if self.board_edits is not None:
            return self.board_edits
        return self.web_bind == "localhost" or _is_loopback(self.web_bind)

    @property
    def user_key_is_public(self) -> bool:
        """Whether user ids are hashed with the key that everybody can read here."""
        return bool(self.user_key == type(self).model_fields["user_key"].default)

    def hash_user(self, user_id: str) -> str:
        """Return the keyed hash (BLAKE2b, 64 bits) under which a user id is stored."""
        key = hashlib.sha256(self.user_key.get_secret_value().encode()).digest()
        return hashlib.blake2b(user_id.encode(), key=key, digest_size=8).hexdigest()

    def masked(self) -> dict[str, Any]:
        """Return what is in effect, secrets masked, in the order of the fields."""
        shown = self.model_dump(mode="json")
        return {
            name: _PASSWORD.sub(_MASK, one) if isinstance(one, str) else one for name, one in shown.items()
        }


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False

"""The files that steer an agent, read from disk as the configuration names them."""

from pathlib import Path

from groundswell.models.proposals.target import AgentFiles, TargetFile
from groundswell.streams.settings import Settings


def read_files(settings: Settings, tenant: str, agent: str) -> AgentFiles | None:
    """Return the agent's files as they are now, or None if none are configured.

    Raises:
        FileNotFoundError: a configured file is missing; says which, for which agent.
    """
    configured = settings.files_of(tenant, agent)
    if configured is None:
        return None
    return AgentFiles(
        prompt=_read(settings, configured.prompt, agent),
        harness=_read(settings, configured.harness, agent),
        repository=configured.repository or None,
        base_ref=configured.base_ref,
        owners=configured.owners,
    )


def _read(settings: Settings, path: Path | None, agent: str) -> TargetFile | None:
    if path is None:
        return None
    found = settings.resolve(path)
    if not found.is_file():
        raise FileNotFoundError(
            f"{found}, configured for agent {agent}, does not exist; correct `agents.{agent}`"
        )
    return TargetFile(path.as_posix(), found.read_bytes().decode("utf-8"))
